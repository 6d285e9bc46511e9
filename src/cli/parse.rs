//! Parses the values of flags, each within its bounds.

use std::net::{SocketAddr, ToSocketAddrs};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

/// Parses a whole number from `MIN` to `MAX`.
pub(super) fn count<T: FromStr, const MIN: u64, const MAX: u64>(text: &str) -> Result<T, String> {
    let number = text.parse().ok().filter(|number| (MIN..=MAX).contains(number));
    let count = number.and_then(|_| text.parse().ok());
    count.ok_or_else(|| format!("not a whole number from {MIN} to {MAX}"))
}

/// Parses a number of bytes from `MIN_MIB` MiB to 1TiB, plain or with a binary unit.
pub(super) fn bytes<const MIN_MIB: u64>(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 5] =
        [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("", 1)];
    with_unit(text, &UNITS, MIN_MIB << 20..=1 << 40).ok_or_else(|| {
        format!("not a number of bytes from {MIN_MIB}MiB to 1TiB: write it as 512MiB")
    })
}

/// Parses an address and a port. A name such as `localhost` is looked up, and its IPv4 address is
/// preferred.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let advice = "write it as 127.0.0.1:3535 or localhost:3535";
    let found = text.to_socket_addrs().map_err(|error| format!("{error}: {advice}"))?;
    let found = found.min_by_key(SocketAddr::is_ipv6);
    found.ok_or_else(|| format!("this name has no address: {advice}"))
}

/// Parses a duration from 1ms to 60m: a whole number and its unit.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, u64); 3] = [("ms", 1), ("s", 1_000), ("m", 60_000)];
    with_unit(text, &UNITS, 1..=3_600_000)
        .map(Duration::from_millis)
        .ok_or_else(|| "not a duration from 1ms to 60m: write it as 500ms, 10s or 2m".to_owned())
}

/// Parses a whole number that ends with one of the units, of which the first that fits counts.
fn with_unit(text: &str, units: &[(&str, u64)], range: RangeInclusive<u64>) -> Option<u64> {
    let (digits, factor) =
        units.iter().find_map(|&(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    let value = digits.trim().parse::<u64>().ok()?.checked_mul(factor)?;
    range.contains(&value).then_some(value)
}
