//! What `audit` is given on the command line: numbers within their bounds.

use crate::audit::MAX_IN_FLIGHT;
use crate::audit::spec::ShownFit;

pub(super) fn in_flight(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=MAX_IN_FLIGHT).contains(number));
    number.ok_or_else(|| format!("not a whole number from 1 to {MAX_IN_FLIGHT}"))
}

pub(super) fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (0.1..=100_000.0).contains(rate));
    rate.ok_or_else(|| "not a number from 0.1 to 100000".to_owned())
}

pub(super) fn fit(text: &str) -> Result<ShownFit, String> {
    match text {
        "cover" => Ok(ShownFit::Cover),
        "contain" => Ok(ShownFit::Contain),
        "any" => Ok(ShownFit::Any),
        _ => Err("choose cover, contain or any".into()),
    }
}
