//! Defines the macros that put the kit's checks into a test of the caller.
//!
//! The macros compile the caller's files once for each checker, with that checker's primitives. So
//! they name loom, shuttle and proptest as the caller's own dependencies.

/// Compiles files under std, loom and shuttle, and defines the checks of a system under test as
/// functions: `words`, `random_words`, `loom`, `shuttle` and `real_threads`, each generic over the
/// type that it checks.
///
/// [`check!`](crate::check) makes tests of them. A test that expects a finding calls the functions.
///
/// ```text
/// double_exposure::models! {
///     mod my_converter {
///         converter = "../../src/converter.rs",
///         adapter = "adapter.rs",
///     }
///     adapter::Adapter
/// }
/// ```
///
/// The paths are relative to the root of the test, which must hold the macro. Each file is compiled
/// beside a module `sync`, so it names `super::sync` in place of `std::sync`, and `super::thread`
/// in place of `std::thread`.
#[macro_export]
macro_rules! models {
    (mod $name:ident { $($module:ident = $file:literal),+ $(,)? } $system:ty) => {
        $crate::models! { @with {} mod $name { $($module = $file),+ } $system }
    };
    (@with { $($more:item)* }
     mod $name:ident { $($module:ident = $file:literal),+ } $system:ty) => {
        #[path = "."]
        mod $name {
            $($more)*

            #[path = "."]
            #[allow(dead_code, unused_imports, unreachable_pub, clippy::duplicate_mod)]
            pub mod under_std {
                pub use ::std::{sync, thread};
                $(#[path = $file] pub mod $module;)+
                pub type System = $system;
            }

            #[path = "."]
            #[allow(dead_code, unused_imports, unreachable_pub, clippy::duplicate_mod)]
            pub mod under_loom {
                pub use ::loom::thread;
                /// Lists loom's primitives, with std's `Arc`, which multiplies no executions.
                pub mod sync {
                    pub use ::loom::sync::*;
                    pub use ::std::sync::{Arc, LockResult, PoisonError, TryLockError, Weak};
                }
                $(#[path = $file] pub mod $module;)+
                pub type System = $system;

                ::loom::lazy_static! {
                    static ref TOUCHED: ::loom::sync::atomic::AtomicUsize =
                        ::loom::sync::atomic::AtomicUsize::new(0);
                }

                pub struct Threads;
                impl $crate::kit::ModelThreads for Threads {
                    fn spawn(work: Box<dyn FnOnce() + Send>) -> Box<dyn FnOnce()> {
                        let thread = ::loom::thread::spawn(work);
                        Box::new(|| thread.join().expect("a client's thread ends"))
                    }
                    fn switch_point() {
                        TOUCHED.fetch_add(1, ::std::sync::atomic::Ordering::Relaxed);
                    }
                }
            }

            #[path = "."]
            #[allow(dead_code, unused_imports, unreachable_pub, clippy::duplicate_mod)]
            pub mod under_shuttle {
                pub use ::shuttle::thread;
                /// Lists shuttle's primitives.
                pub mod sync {
                    pub use ::shuttle::sync::*;
                    pub use ::std::sync::{Arc, LockResult, PoisonError, TryLockError, Weak};
                }
                $(#[path = $file] pub mod $module;)+
                pub type System = $system;

                ::shuttle::lazy_static! {
                    static ref TOUCHED: ::shuttle::sync::atomic::AtomicUsize =
                        ::shuttle::sync::atomic::AtomicUsize::new(0);
                }

                pub struct Threads;
                impl $crate::kit::ModelThreads for Threads {
                    fn spawn(work: Box<dyn FnOnce() + Send>) -> Box<dyn FnOnce()> {
                        let thread = ::shuttle::thread::spawn(work);
                        Box::new(|| thread.join().expect("a client's thread ends"))
                    }
                    fn switch_point() {
                        TOUCHED.fetch_add(1, ::std::sync::atomic::Ordering::SeqCst);
                    }
                }
            }

            #[allow(unused_imports)]
            pub use under_std::System;

            /// Replays all words of small sizes.
            #[allow(dead_code)]
            pub fn words<S: $crate::kit::SystemUnderTest>()
            -> Result<usize, $crate::kit::Counterexample> {
                $crate::kit::words::<S>()
            }

            /// Replays random words of up to eight requests, and shrinks one that fails.
            #[allow(dead_code)]
            pub fn random_words<S: $crate::kit::SystemUnderTest>()
            -> Result<u32, $crate::kit::Counterexample> {
                use ::proptest::strategy::Strategy;
                use ::proptest::test_runner::{
                    Config, RngSeed, TestCaseError, TestError, TestRunner,
                };
                let config = Config {
                    cases: 1_000,
                    rng_seed: RngSeed::Fixed(20_241_128),
                    failure_persistence: None,
                    ..Config::default()
                };
                let requests = 0..8_usize;
                let given_up = (requests.clone(), 1..=S::BANDS as usize + 1);
                let cases = (
                    ::proptest::collection::vec(requests.clone(), 1..=60),
                    ::proptest::option::weighted(0.3, given_up),
                    ::proptest::option::weighted(0.3, requests),
                );
                let replay = |(choices, given_up, damaged): &(Vec<usize>, _, Option<usize>)| {
                    $crate::kit::replay_choices::<S>(choices, *given_up, *damaged)
                };
                let fails = |_| TestCaseError::fail("a counterexample");
                let run = TestRunner::new(config.clone())
                    .run(&cases.prop_map(|case| case), |case| replay(&case).map_err(fails));
                match run {
                    Ok(()) => Ok(config.cases),
                    Err(TestError::Fail(_, smallest)) => Err(replay(&smallest)
                        .expect_err("the smallest case fails again")),
                    Err(TestError::Abort(reason)) => panic!("no cases: {reason}"),
                }
            }

            /// Explores all interleavings of the models under loom.
            #[allow(dead_code)]
            pub fn loom<S: $crate::kit::SystemUnderTest>()
            -> Result<$crate::kit::Explored, $crate::kit::Counterexample> {
                let check = |execution: ::std::sync::Arc<dyn Fn() + Send + Sync>, bound| {
                    let mut builder = ::loom::model::Builder::new();
                    builder.max_threads = ::loom::MAX_THREADS;
                    builder.max_branches = 1_000;
                    builder.preemption_bound = bound;
                    builder.max_permutations = None;
                    builder.max_duration = None;
                    builder.checkpoint_file = None;
                    builder.checkpoint_interval = usize::MAX;
                    builder.expect_explicit_explore = false;
                    builder.location = false;
                    builder.log = false;
                    builder.check(move || execution());
                };
                install_the_hook_of_shuttle();
                let serve = $crate::kit::serve::<S, under_loom::Threads>;
                $crate::kit::explore_all::<S>(check, serve)
            }

            /// Searches interleavings of the models under shuttle, with a fixed seed.
            #[allow(dead_code)]
            pub fn shuttle<S: $crate::kit::SystemUnderTest>()
            -> Result<$crate::kit::Explored, $crate::kit::Counterexample> {
                let check = |execution: ::std::sync::Arc<dyn Fn() + Send + Sync>| {
                    let mut config = ::shuttle::Config::new();
                    config.failure_persistence = ::shuttle::FailurePersistence::None;
                    config.silence_warnings = true;
                    let scheduler =
                        ::shuttle::scheduler::RandomScheduler::new_from_seed(20_241_128, 1_000);
                    ::shuttle::Runner::new(scheduler, config).run(move || execution());
                };
                install_the_hook_of_shuttle();
                $crate::kit::search::<S>(check, $crate::kit::serve::<S, under_shuttle::Threads>)
            }

            /// Lets shuttle install its panic hook, which prints, before the kit's hook, which
            /// keeps the panics of checkers silent.
            fn install_the_hook_of_shuttle() {
                ::shuttle::check_random(|| (), 1);
            }

            /// Runs the system on real threads.
            #[allow(dead_code)]
            pub fn real_threads<S: $crate::kit::SystemUnderTest>()
            -> Result<usize, $crate::kit::Counterexample> {
                $crate::kit::real_threads::<S>()
            }
        }
    };
}

/// Makes tests of all checks of a system under test, each with its control.
///
/// The parameters are those of [`models!`](crate::models), and so are the rules for the files.
#[macro_export]
macro_rules! check {
    (mod $name:ident { $($module:ident = $file:literal),+ $(,)? } $system:ty) => {
        $crate::models! { @with {
        #[cfg(test)]
        mod tests {
            use super::{System, under_loom, under_shuttle};
            use $crate::kit::{Counterexample, Explored, Ring, explain};

            #[test]
            fn no_word_mixes_photos() -> Result<(), Counterexample> {
                println!("words: {} replays are clean", super::words::<System>()?);
                Ok(())
            }

            #[test]
            fn no_random_word_mixes_photos() -> Result<(), Counterexample> {
                println!("random words: {} cases are clean", super::random_words::<System>()?);
                Ok(())
            }

            #[test]
            fn loom_finds_no_interleaving_that_mixes_photos() -> Result<(), Counterexample> {
                let explored = super::loom::<under_loom::System>().map_err(explain::<System>)?;
                println!("loom: {explored}");
                assert!(matches!(explored, Explored::Exhausted { .. }), "{CAPPED}");
                Ok(())
            }

            #[test]
            fn shuttle_finds_no_interleaving_that_mixes_photos() -> Result<(), Counterexample> {
                let explored = super::shuttle::<under_shuttle::System>();
                println!("shuttle: {}", explored.map_err(explain::<System>)?);
                Ok(())
            }

            #[test]
            fn real_threads_mix_no_photos() -> Result<(), Counterexample> {
                let conversions = super::real_threads::<System>()?;
                println!("real threads: {conversions} conversions are clean");
                Ok(())
            }

            #[test]
            fn words_find_the_ring_of_shared_buffers() {
                println!("{}", super::words::<Ring<System>>().expect_err(BLIND));
            }

            #[test]
            fn random_words_find_the_ring_of_shared_buffers() {
                println!("{}", super::random_words::<Ring<System>>().expect_err(BLIND));
            }

            #[test]
            fn loom_finds_the_ring_of_shared_buffers() {
                println!("{}", super::loom::<Ring<under_loom::System>>().expect_err(BLIND));
            }

            #[test]
            fn shuttle_finds_the_ring_of_shared_buffers() {
                println!("{}", super::shuttle::<Ring<under_shuttle::System>>().expect_err(BLIND));
            }

            #[test]
            fn real_threads_find_the_ring_of_shared_buffers() {
                println!("{}", super::real_threads::<Ring<System>>().expect_err(BLIND));
            }

            const CAPPED: &str = "loom stopped at its bound, which proves nothing: raise \
                MAX_EXECUTIONS, or set BANDS to 1 or MAX_PREEMPTIONS to Some(3)";

            const BLIND: &str = "the control mixes photos, and this check does not see it";
        }
        } mod $name { $($module = $file),+ } $system }
    };
}
