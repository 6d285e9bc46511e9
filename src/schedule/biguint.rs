//! Whole numbers without an upper end, for counts that no machine word holds.
//!
//! Nine requests of four bands can already be ordered in more ways than `u128` counts, and a share
//! is only exact if both of its numbers are.

use std::cmp::Ordering;
use std::fmt;

/// Digits in base 2³² that are printed at a time.
const TEN_TO_THE_NINE: u32 = 1_000_000_000;

/// A whole number from 0 up, of any size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Natural {
    /// In base 2³², the lowest first, without zeros on top: equal numbers have equal digits.
    digits: Vec<u32>,
}

impl Natural {
    /// One.
    pub fn one() -> Self {
        Self::from(1)
    }

    /// Adds `other`.
    pub fn add(&mut self, other: &Self) {
        if self.digits.len() < other.digits.len() {
            self.digits.resize(other.digits.len(), 0);
        }
        let mut carry = 0;
        for (place, digit) in self.digits.iter_mut().enumerate() {
            let other = other.digits.get(place).copied().unwrap_or(0);
            let sum = u64::from(*digit) + u64::from(other) + carry;
            (*digit, carry) = (sum as u32, sum >> 32);
        }
        if carry > 0 {
            self.digits.push(carry as u32);
        }
    }

    /// This without `other`.
    ///
    /// # Panics
    /// If `other` is more.
    pub fn minus(&self, other: &Self) -> Self {
        assert!(*self >= *other, "{self} without {other} is less than nothing");
        let mut rest = self.clone();
        let mut borrowed = 0;
        for (place, digit) in rest.digits.iter_mut().enumerate() {
            let other = other.digits.get(place).copied().unwrap_or(0);
            let taken = i64::from(*digit) - i64::from(other) - borrowed;
            (*digit, borrowed) = (taken as u32, i64::from(taken < 0));
        }
        rest.trim();
        rest
    }

    /// Multiplies by `factor`.
    pub fn multiply(&mut self, factor: u32) {
        let mut carry = 0;
        for digit in &mut self.digits {
            let product = u64::from(*digit) * u64::from(factor) + carry;
            (*digit, carry) = (product as u32, product >> 32);
        }
        if carry > 0 {
            self.digits.push(carry as u32);
        }
        self.trim();
    }

    /// Divides by `divisor`, rounded down, and gives the remainder.
    ///
    /// # Panics
    /// If `divisor` is 0.
    pub fn divide(&mut self, divisor: u32) -> u32 {
        let mut remainder = 0;
        for digit in self.digits.iter_mut().rev() {
            let dividend = remainder << 32 | u64::from(*digit);
            *digit = (dividend / u64::from(divisor)) as u32;
            remainder = dividend % u64::from(divisor);
        }
        self.trim();
        remainder as u32
    }

    /// Multiplies by the ways to shuffle `chain` steps, whose order is fixed, into `among` others,
    /// whose order is fixed too.
    pub fn shuffle_in(&mut self, chain: u32, among: u32) {
        for step in 1..=chain {
            self.multiply(among + step);
            self.divide(step);
        }
    }

    /// This as a share of `whole`: from 0 to 1 if it is no more, to about 15 digits, and exactly 0
    /// or 1 only if it is nothing or the whole.
    pub fn share_of(&self, whole: &Self) -> f64 {
        if self == whole {
            return 1.0;
        }
        let ((part, below), (all, under)) = (self.leading(), whole.leading());
        let share = part / all * 2_f64.powi(32 * (below - under));
        let nearly_one = f64::from_bits(1_f64.to_bits() - 1);
        if *self < *whole { share.min(nearly_one) } else { share }
    }

    /// The three highest digits as one number, and how many digits lie below them.
    fn leading(&self) -> (f64, i32) {
        let below = self.digits.len().saturating_sub(3);
        let leading = self.digits[below..].iter().rev();
        (leading.fold(0.0, |sum, digit| sum * 2_f64.powi(32) + f64::from(*digit)), below as i32)
    }

    fn trim(&mut self) {
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
    }
}

impl From<u32> for Natural {
    fn from(number: u32) -> Self {
        let mut natural = Self { digits: vec![number] };
        natural.trim();
        natural
    }
}

impl Ord for Natural {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_length = self.digits.len().cmp(&other.digits.len());
        by_length.then_with(|| self.digits.iter().rev().cmp(other.digits.iter().rev()))
    }
}

impl PartialOrd for Natural {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Natural {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.clone();
        let mut nines = vec![rest.divide(TEN_TO_THE_NINE)];
        while !rest.digits.is_empty() {
            nines.push(rest.divide(TEN_TO_THE_NINE));
        }
        let highest = nines.pop().unwrap_or(0).to_string();
        let lower = nines.iter().rev().map(|nine| format!("{nine:09}"));
        f.pad_integral(true, "", &std::iter::once(highest).chain(lower).collect::<String>())
    }
}
