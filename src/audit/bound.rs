//! Bounds the share of mixed conversions that an audit without a mix leaves possible.

/// Confidence of [`upper_bound`].
pub const CONFIDENCE: f64 = 0.95;

/// Returns the upper bound, with [`CONFIDENCE`], of the share of mixed conversions after this
/// number of clean ones. It is the exact bound of Clopper and Pearson, 1 - 0.05^(1/n), nearly 3/n.
pub fn upper_bound(clean: u64) -> f64 {
    if clean == 0 { 1.0 } else { 1.0 - (1.0 - CONFIDENCE).powf(1.0 / clean as f64) }
}

#[test]
fn the_upper_bound_is_the_exact_form_of_the_rule_of_three() {
    assert!((upper_bound(1) - 0.95).abs() < 1e-12);
    assert!((upper_bound(20_000) - 1.497_8e-4).abs() < 1e-7);
    assert!(upper_bound(300) < 3.0 / 300.0 && upper_bound(300) > 2.9 / 300.0);
    assert!((upper_bound(0) - 1.0).abs() < 1e-12);
}
