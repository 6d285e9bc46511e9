//! Checks that the exercises' own tests judge repairs that learners may try: those that hold pass,
//! and those that fail are refused for the reason that the list gives.

use std::fs;
use std::path::Path;

use crate::programs::cargo_in;
use crate::text;

/// Holds a repair: an exercise, what is replaced in it, and why a test refuses it.
struct Repair {
    exercise: &'static str,
    changes: &'static [(&'static str, &'static str)],
    /// Text of the failure, or `None` if the repair holds.
    refused_with: Option<&'static str>,
}

const REPAIRS: [Repair; 14] = [
    Repair {
        exercise: "01_no_race/dirty_buffer",
        changes: &[(
            "Answer::of(buffer.iter().copied())",
            "Answer::of(buffer[..rows.len()].to_vec())",
        )],
        refused_with: None,
    },
    // A buffer that already has this length keeps its rows.
    Repair {
        exercise: "01_no_race/dirty_buffer",
        changes: &[(
            "let free = self.free.lock().unwrap().pop();",
            "let mut free = self.free.lock().unwrap().pop();\n\
             if let Some(buffer) = &mut free { buffer.resize(ROWS, BLANK); }",
        )],
        refused_with: Some("FOUND @1, word AABB"),
    },
    // Deleting the purpose is no repair.
    Repair {
        exercise: "01_no_race/dirty_buffer",
        changes: &[("self.free.lock().unwrap().push(buffer);", "drop(buffer);")],
        refused_with: Some("buffers_are_used_again"),
    },
    // A third user has the same remainder as the first.
    Repair {
        exercise: "01_no_race/cache_key",
        changes: &[("let key = number;", "let key = number * 2 + u32::from(owner) % 2;")],
        refused_with: Some("C was shown A"),
    },
    // The last user finds what an earlier user's request has put into the cache meanwhile, when
    // coming back.
    Repair {
        exercise: "01_no_race/cache_key",
        changes: &[
            ("made: AtomicUsize,", "made: AtomicUsize,\nlast: Mutex<Option<User>>,"),
            (
                "let key = number;",
                "let key = number;\n\
             if self.last.lock().unwrap().replace(owner) != Some(owner) {\n\
             self.kept.lock().unwrap().clear(); }",
            ),
        ],
        refused_with: Some("FOUND @"),
    },
    Repair {
        exercise: "02_one_thread/single_flight",
        changes: &[(
            "return flight.get().unwrap().clone();",
            "let tile = flight.get().unwrap().clone();\n\
             return if tile.is_mixed(viewer) { Answer::of([viewer]) } else { tile };",
        )],
        refused_with: None,
    },
    // One abandoned reply is still kept.
    Repair {
        exercise: "02_one_thread/abandoned_reply",
        changes: &[(
            "self.database.kept.lock().unwrap().push(connection);",
            "if connection.replies.len() < 2 {\n\
             self.database.kept.lock().unwrap().push(connection); }",
        )],
        refused_with: Some("word AaBB"),
    },
    // The third connection at the place has the first one's generation.
    Repair {
        exercise: "03_names_used_again/stale_index",
        changes: &[
            ("type Token = usize;", "type Token = (usize, u8);"),
            ("users: Vec<Option<User>>,", "users: Vec<Option<User>>,\ngenerations: Vec<u8>,"),
            ("self.users.push(None);", "self.users.push(None);\nself.generations.push(0);"),
            (
                "        index\n    }",
                "        self.generations[index] ^= 1;\n(index, self.generations[index])\n    }",
            ),
            ("self.users[token] = None;", "self.users[token.0] = None;"),
            (
                "        self.users[token]\n",
                "        self.users[token.0].filter(|_| self.generations[token.0] == token.1)\n",
            ),
        ],
        refused_with: Some("was shown"),
    },
    Repair {
        exercise: "03_names_used_again/temporary_file",
        changes: &[(
            "format!(\"/tmp/claim-{}.pdf\", now())",
            "format!(\"/tmp/claim-{}-{owner}.pdf\", now())",
        )],
        refused_with: None,
    },
    // Four random digits make it rare.
    Repair {
        exercise: "03_names_used_again/temporary_file",
        changes: &[(
            "format!(\"/tmp/claim-{}.pdf\", now())",
            "{ use std::hash::{BuildHasher, RandomState};\n\
             let digits = RandomState::new().hash_one(owner) % 10_000;\n\
             format!(\"/tmp/claim-{}-{digits}.pdf\", now()) }",
        )],
        refused_with: Some("claims share a path"),
    },
    // Another request has taken the buffer when it is given back again, so it is not in the list.
    Repair {
        exercise: "04_pools/given_back_twice",
        changes: &[(
            "self.pool.lock().unwrap().free.push(index);",
            "let mut pool = self.pool.lock().unwrap();\n\
             if !pool.free.contains(&index) { pool.free.push(index); }",
        )],
        refused_with: Some("was shown"),
    },
    Repair {
        exercise: "04_pools/still_sending",
        changes: &[(
            "let sending = send(Arc::clone(&buffer));",
            "let sending = send(Arc::new(Mutex::new(*buffer.lock().unwrap())));",
        )],
        refused_with: None,
    },
    // The lock is held while the client takes the response, so no other request can begin.
    Repair {
        exercise: "04_pools/still_sending",
        changes: &[(
            "self.give_back(buffer);\n        sending.await",
            "let mut free = self.free.lock().unwrap();\nfree.push(buffer);\nsending.await",
        )],
        refused_with: Some("BLOCKED, word AB"),
    },
    Repair {
        exercise: "04_pools/recycled_request",
        changes: &[
            (
                "let request = self.request(viewer);",
                "let user = *self.request(viewer).user.lock().unwrap();",
            ),
            ("*request.user.lock().unwrap()\n        };", "user\n        };"),
        ],
        refused_with: None,
    },
];

impl Repair {
    /// Returns the repaired exercise.
    fn program(&self) -> String {
        let mut program = text(&format!("course/exercises/{}.rs", self.exercise));
        for (old, new) in self.changes {
            assert_eq!(program.matches(old).count(), 1, "{}: {old}", self.exercise);
            program = program.replace(old, new);
        }
        program
    }
}

#[test]
fn repairs_that_learners_may_try_are_judged_rightly() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("src/bin")).unwrap();
    let course = Path::new(env!("CARGO_MANIFEST_DIR")).join("course");
    let manifest = format!(
        "[package]\nname = \"repairs\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n\
         [dependencies]\ncourse = {{ path = {course:?} }}\n"
    );
    fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
    for (index, repair) in REPAIRS.iter().enumerate() {
        let file = folder.path().join(format!("src/bin/repair_{index}.rs"));
        fs::write(file, repair.program()).unwrap();
    }
    let said = cargo_in(folder.path(), &["test", "--bins", "--no-fail-fast"]);
    for (index, repair) in REPAIRS.iter().enumerate() {
        let start = format!("Running unittests src/bin/repair_{index}.rs");
        let said = said.split(&start).nth(1).unwrap_or_else(|| panic!("{said}"));
        let said = said.split("Running unittests").next().unwrap_or_default();
        let passed = said.contains("test result: ok.");
        let as_expected = match repair.refused_with {
            None => passed,
            Some(reason) => !passed && said.contains(reason),
        };
        assert!(as_expected, "{}, {:?}: {said}", repair.exercise, repair.refused_with);
    }
}
