//! Checks that the manual of the kit shows the files of the example as they are, and the tests that
//! the macro makes.

const MANUAL: &str = include_str!("../../docs/your-own-pipeline.md");
const MACROS: &str = include_str!("../../src/kit/macros.rs");

/// Returns the blocks of Rust in a document.
fn blocks(text: &str) -> Vec<&str> {
    text.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_manual_shows_the_converter_and_the_adapter_that_are_tested() {
    let blocks = blocks(MANUAL);
    for file in [include_str!("pooled.rs"), include_str!("adapter.rs")] {
        assert!(blocks.contains(&file), "the manual lacks this file:\n{file}");
    }
    assert!(!blocks.contains(&include_str!("pooled_spare.rs")));
}

#[test]
fn the_manual_lists_the_tests_that_the_macro_makes() {
    let names = MACROS.split("            fn ").skip(1).filter_map(|rest| rest.split('(').next());
    let tests: Vec<&str> =
        names.filter(|name| name.contains("mix") || name.contains("ring")).collect();
    assert_eq!(tests.len(), 10, "{tests:?}");
    for test in tests {
        let listed = MANUAL.contains(&format!("`{test}`"));
        assert!(listed || test.ends_with("_the_ring_of_shared_buffers"), "the manual lacks {test}");
    }
}
