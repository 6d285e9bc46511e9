//! Writes a test suite as JUnit XML, the format of every report for CI here.

use maud::{Markup, PreEscaped, html};

/// Holds the result of a test case, with a message unless it passed.
pub(crate) enum CaseResult {
    /// No thumbnail is mixed where none may be.
    Passed,
    /// A thumbnail is mixed where none may be.
    Failure(String),
    /// This program has a fault.
    Error(String),
    /// The case was not run, or has too few thumbnails for a result.
    Skipped(String),
}

/// Describes a test case.
pub(crate) struct Case {
    /// Name, unique in the suite.
    pub(crate) name: String,
    /// Class name, by which CI groups cases.
    pub(crate) class: String,
    /// Duration, in seconds.
    pub(crate) time: f64,
    /// Result of the case.
    pub(crate) result: CaseResult,
}

/// Describes a test suite, the only one of its file.
pub(crate) struct Suite<'a> {
    /// Name of the suite.
    pub(crate) name: &'a str,
    /// Names and values of the suite's properties.
    pub(crate) properties: Vec<(String, String)>,
    /// Cases, in their order.
    pub(crate) cases: Vec<Case>,
}

impl Suite<'_> {
    /// Returns the suite as an XML file.
    pub(crate) fn to_xml(&self) -> Vec<u8> {
        let tests = self.cases.len();
        let failures = self.count(|result| matches!(result, CaseResult::Failure(_)));
        let errors = self.count(|result| matches!(result, CaseResult::Error(_)));
        let skipped = self.count(|result| matches!(result, CaseResult::Skipped(_)));
        let time = seconds(self.cases.iter().map(|case| case.time).sum());
        // The escapes of HTML are escapes of XML too.
        let xml = html! {
            (PreEscaped("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
            testsuites name=(self.name) tests=(tests) failures=(failures) errors=(errors)
                skipped=(skipped) time=(time) {
                testsuite name=(self.name) tests=(tests) failures=(failures) errors=(errors)
                    skipped=(skipped) time=(time) {
                    properties {
                        @for (name, value) in &self.properties {
                            property name=(name) value=(value) {}
                        }
                    }
                    @for case in &self.cases { "\n" (case.to_xml()) }
                }
            }
            "\n"
        };
        xml.into_string().into_bytes()
    }

    fn count(&self, of: fn(&CaseResult) -> bool) -> usize {
        self.cases.iter().filter(|case| of(&case.result)).count()
    }
}

impl Case {
    fn to_xml(&self) -> Markup {
        html! {
            testcase name=(self.name) classname=(self.class) time=(seconds(self.time)) {
                @match &self.result {
                    CaseResult::Passed => {}
                    CaseResult::Failure(message) => { failure message=(message) { (message) } }
                    CaseResult::Error(message) => { error message=(message) { (message) } }
                    CaseResult::Skipped(message) => { skipped message=(message) { (message) } }
                }
            }
        }
    }
}

fn seconds(seconds: f64) -> String {
    format!("{seconds:.3}")
}
