//! Writes a test suite as JUnit XML, the format of every report for CI here.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

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
        self.write().expect("a write to memory never fails")
    }

    fn write(&self) -> std::io::Result<Vec<u8>> {
        let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let counts = [
            ("tests", self.cases.len()),
            ("failures", self.count(|result| matches!(result, CaseResult::Failure(_)))),
            ("errors", self.count(|result| matches!(result, CaseResult::Error(_)))),
            ("skipped", self.count(|result| matches!(result, CaseResult::Skipped(_)))),
        ];
        let time: f64 = self.cases.iter().map(|case| case.time).sum();
        for element in ["testsuites", "testsuite"] {
            let mut start = BytesStart::new(element);
            start.push_attribute(("name", self.name));
            for (name, count) in counts {
                start.push_attribute((name, count.to_string().as_str()));
            }
            start.push_attribute(("time", format!("{time:.3}").as_str()));
            xml.write_event(Event::Start(start))?;
        }
        self.write_properties(&mut xml)?;
        for case in &self.cases {
            case.write(&mut xml)?;
        }
        xml.write_event(Event::End(BytesEnd::new("testsuite")))?;
        xml.write_event(Event::End(BytesEnd::new("testsuites")))?;
        let mut bytes = xml.into_inner();
        bytes.push(b'\n');
        Ok(bytes)
    }

    fn count(&self, of: fn(&CaseResult) -> bool) -> usize {
        self.cases.iter().filter(|case| of(&case.result)).count()
    }

    fn write_properties(&self, xml: &mut Writer<Vec<u8>>) -> std::io::Result<()> {
        xml.write_event(Event::Start(BytesStart::new("properties")))?;
        for (name, value) in &self.properties {
            let property = BytesStart::new("property")
                .with_attributes([("name", name.as_str()), ("value", value.as_str())]);
            xml.write_event(Event::Empty(property))?;
        }
        xml.write_event(Event::End(BytesEnd::new("properties")))
    }
}

impl Case {
    fn write(&self, xml: &mut Writer<Vec<u8>>) -> std::io::Result<()> {
        let start = BytesStart::new("testcase").with_attributes([
            ("name", self.name.as_str()),
            ("classname", self.class.as_str()),
            ("time", format!("{:.3}", self.time).as_str()),
        ]);
        let (element, message) = match &self.result {
            CaseResult::Passed => return xml.write_event(Event::Empty(start)),
            CaseResult::Failure(message) => ("failure", message),
            CaseResult::Error(message) => ("error", message),
            CaseResult::Skipped(message) => ("skipped", message),
        };
        xml.write_event(Event::Start(start))?;
        let content = BytesStart::new(element).with_attributes([("message", message.as_str())]);
        xml.write_event(Event::Start(content))?;
        xml.write_event(Event::Text(BytesText::new(message)))?;
        xml.write_event(Event::End(BytesEnd::new(element)))?;
        xml.write_event(Event::End(BytesEnd::new("testcase")))
    }
}
