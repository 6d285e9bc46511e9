//! A suite of JUnit XML: cases that held, failed, could not be judged, or were not run.
//!
//! Every report for CI is one, so that what reads one of them reads all.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// What a test case says.
pub(crate) enum CaseResult {
    Passed,
    /// Somebody was mixed where nobody may be.
    Failure(String),
    /// This program is at fault.
    Error(String),
    /// It was not run, or saw too little to say.
    Skipped(String),
}

/// A test case.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) class: String,
    /// In seconds.
    pub(crate) time: f64,
    pub(crate) says: CaseResult,
}

/// One suite of a file of its own.
pub(crate) struct Suite<'a> {
    pub(crate) name: &'a str,
    pub(crate) properties: Vec<(String, String)>,
    pub(crate) cases: Vec<Case>,
}

type Written = std::io::Result<()>;

impl Suite<'_> {
    /// The file.
    pub(crate) fn write(&self) -> Vec<u8> {
        self.xml().expect("memory takes every document")
    }

    fn xml(&self) -> std::io::Result<Vec<u8>> {
        let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let counts = [
            ("tests", self.cases.len()),
            ("failures", self.count(|says| matches!(says, CaseResult::Failure(_)))),
            ("errors", self.count(|says| matches!(says, CaseResult::Error(_)))),
            ("skipped", self.count(|says| matches!(says, CaseResult::Skipped(_)))),
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
        self.cases.iter().filter(|case| of(&case.says)).count()
    }

    fn write_properties(&self, xml: &mut Writer<Vec<u8>>) -> Written {
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
    fn write(&self, xml: &mut Writer<Vec<u8>>) -> Written {
        let start = BytesStart::new("testcase").with_attributes([
            ("name", self.name.as_str()),
            ("classname", self.class.as_str()),
            ("time", format!("{:.3}", self.time).as_str()),
        ]);
        let (element, message) = match &self.says {
            CaseResult::Passed => return xml.write_event(Event::Empty(start)),
            CaseResult::Failure(message) => ("failure", message),
            CaseResult::Error(message) => ("error", message),
            CaseResult::Skipped(message) => ("skipped", message),
        };
        xml.write_event(Event::Start(start))?;
        let said = BytesStart::new(element).with_attributes([("message", message.as_str())]);
        xml.write_event(Event::Start(said))?;
        xml.write_event(Event::Text(BytesText::new(message)))?;
        xml.write_event(Event::End(BytesEnd::new(element)))?;
        xml.write_event(Event::End(BytesEnd::new("testcase")))
    }
}
