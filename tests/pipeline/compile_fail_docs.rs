//! Checks that each doctest that must not compile fails because of one marked line. Such a doctest
//! passes for any compiler error, even for a misspelt import, so it must equal the compiling block
//! before it plus the one line.

use std::fs;
use std::path::Path;

/// Returns the fenced blocks of a file's module docs, each with the text after its opening fence
/// and its lines.
fn blocks(source: &str) -> Vec<(&str, Vec<&str>)> {
    let mut blocks: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut inside = false;
    for line in source.lines().map_while(|line| line.strip_prefix("//!")) {
        if let Some(fence) = line.strip_prefix(" ```") {
            inside = !inside;
            if inside {
                blocks.push((fence, Vec::new()));
            }
        } else if inside {
            blocks.last_mut().expect("opened by its fence").1.push(line);
        }
    }
    blocks
}

#[test]
fn a_rejected_doctest_has_one_line_more_than_the_accepted_block_before_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pipeline/mod.rs");
    let source = fs::read_to_string(path).expect("the file exists");
    let mut rejected = 0;
    for pair in blocks(&source).windows(2) {
        let [(fence, accepted), (rejected_fence, lines)] = pair else {
            unreachable!("two at a time")
        };
        if rejected_fence.starts_with("compile_fail") {
            let unmarked = |line: &&&str| !line.contains("// rejected: ");
            let rest: Vec<&str> = lines.iter().filter(unmarked).copied().collect();
            assert_eq!((*fence, &rest), ("", accepted), "the block before, and one line");
            assert_eq!(lines.len(), rest.len() + 1, "one line is marked");
            rejected += 1;
        }
    }
    assert_eq!(rejected, source.matches("compile_fail").count(), "each block is checked");
    assert_eq!(rejected, 3, "a job, a lease, a ring without locks");
}
