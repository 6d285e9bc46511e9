//! Checks in a browser, at the size of a projector and of a phone, that nothing overflows, every
//! picture loads, and nothing is requested from the network. Headless Chromium opens a copy of the
//! page in frames of these sizes. A script that only the copy holds measures it, and writes the
//! result into the DOM, which the test reads.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use double_exposure::pipelines::PipelineKind;
use serde::Deserialize;

use crate::sample::Sample;

/// Width and height of a projector and of a phone, in CSS px.
const SIZES: [(u32, u32); 2] = [(1280, 720), (390, 844)];
/// Time after which a silent browser is killed, and the test fails.
const BROWSER_TIMEOUT: Duration = Duration::from_secs(60);
/// Names of the browser's program on different systems.
const BROWSERS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// Script that measures the page.
const SCRIPT: &str = include_str!("measure.js");

/// Holds the measurements of a page in one frame.
#[derive(Debug, Deserialize)]
struct Measured {
    width: u32,
    page_width: u32,
    overflowing: Vec<String>,
    overflowed: Vec<String>,
    labels: Vec<String>,
    smallest_letters: f64,
    pictures: usize,
    broken: Vec<String>,
    refused: Vec<String>,
    requested: Vec<String>,
}

impl Measured {
    fn is_faultless(&self) -> bool {
        let lists =
            [&self.overflowing, &self.overflowed, &self.labels, &self.broken, &self.refused];
        self.page_width <= self.width
            && self.requested.is_empty()
            && lists.into_iter().all(Vec::is_empty)
    }
}

/// Opens a page at both sizes, and returns its measurements. Returns `None`, and prints that the
/// check was skipped, if there is no browser.
fn measure(page: &str) -> Option<Vec<Measured>> {
    let folder = tempfile::tempdir().unwrap();
    let (policy, allowed) =
        ("default-src 'none';", "default-src 'none'; script-src 'unsafe-inline';");
    assert_eq!(page.matches(policy).count(), 1, "the page has its policy");
    let measured = page.replacen(policy, allowed, 1);
    let measured = measured.replacen("<title>", &format!("<script>{SCRIPT}</script><title>"), 1);
    assert!(measured.contains(SCRIPT) && measured.contains(allowed));
    std::fs::write(folder.path().join("page.html"), measured).unwrap();
    std::fs::write(folder.path().join("frames.html"), frames()).unwrap();
    let dom = dump(folder.path())?;
    let start = "<pre id=\"seen\">";
    let (_, rest) = dom.split_once(start).unwrap_or_else(|| panic!("no frame in {dom:?}"));
    let json = rest.split("</pre>").next().unwrap();
    let json = json.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let mut measured: Vec<Measured> = serde_json::from_str(&json)
        .unwrap_or_else(|error| panic!("the page was not measured: {error} in {json:?}"));
    measured.sort_by_key(|frame| std::cmp::Reverse(frame.width));
    let widths: Vec<u32> = measured.iter().map(|frame| frame.width).collect();
    assert_eq!(widths, SIZES.map(|(width, _)| width));
    Some(measured)
}

/// Returns a document with the page in a frame of each size. It writes the measurements of each
/// frame into its DOM.
fn frames() -> String {
    let frames = SIZES.map(|(width, height)| {
        let style = "border:0;display:block";
        format!("<iframe src=page.html width={width} height={height} style={style}></iframe>")
    });
    format!(
        "<!DOCTYPE html><pre id=seen></pre><script>const seen = [];\
         addEventListener('message', (event) => {{ seen.push(event.data);\
         document.getElementById('seen').textContent = JSON.stringify(seen); }});</script>{}",
        frames.concat()
    )
}

/// Returns the DOM of the document with the frames, after all of it is loaded.
fn dump(folder: &Path) -> Option<String> {
    let mut child = browser(folder)?;
    let mut stdout = child.stdout.take().unwrap();
    let (done, dumped) = channel();
    thread::spawn(move || {
        let mut dom = String::new();
        let read = stdout.read_to_string(&mut dom).map(|_| dom);
        let _ = done.send(read);
    });
    let dom = dumped.recv_timeout(BROWSER_TIMEOUT);
    child.kill().unwrap();
    child.wait().unwrap();
    Some(dom.expect("the browser answers within 60 s").expect("a DOM is text"))
}

fn browser(folder: &Path) -> Option<Child> {
    let named = std::env::var("CHROME").ok();
    let names = named.as_deref().map_or(BROWSERS.to_vec(), |name| vec![name]);
    let profile = folder.join("profile");
    for name in names {
        let spawned = Command::new(name)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
            ])
            .args(["--disable-background-networking", "--disable-component-update"])
            .args(["--disable-sync", "--hide-scrollbars", "--virtual-time-budget=20000"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .args(["--window-size=1400,1700", "--dump-dom"])
            .arg(format!("file://{}", folder.join("frames.html").display()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        match spawned {
            Ok(child) => return Some(child),
            Err(error) => assert!(named.is_none(), "CHROME={name}: {error}"),
        }
    }
    static PRINTED: Once = Once::new();
    PRINTED.call_once(|| {
        // Written past the test harness, which hides the output of a passing test.
        let text = format!("SKIPPED: no browser opened the page; install one of {BROWSERS:?}\n");
        std::io::stderr().write_all(text.as_bytes()).unwrap();
    });
    None
}

#[test]
fn the_page_fits_a_projector_and_a_phone() {
    for (page, pictures) in [
        (Sample::reproduced().page(), 6),
        (
            Sample::of(&[PipelineKind::Shared, PipelineKind::Owned, PipelineKind::Pooled], 1)
                .page(),
            0,
        ),
    ] {
        for frame in measure(&page).into_iter().flatten() {
            assert!(frame.is_faultless(), "{frame:#?}");
            assert_eq!(frame.pictures, pictures);
            assert!(frame.smallest_letters >= 20.0, "{} px", frame.smallest_letters);
        }
    }
}

#[test]
fn the_page_of_a_simulated_day_fits_a_projector_and_a_phone() {
    let folder = tempfile::tempdir().unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_double-exposure"))
        .args(["incident", "--scale", "20000", "--quiet", "--out"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let page = std::fs::read_to_string(folder.path().join("index.html")).unwrap();
    for frame in measure(&page).into_iter().flatten() {
        assert!(frame.is_faultless(), "{frame:#?}");
    }
    // The drawing for projectors does not fit a phone, and is not in a region that scrolls.
    let unchanged = page.replacen(".projector { display: none; }", "", 1);
    let unchanged = unchanged.replacen(".day { margin", ".day { min-width: 56rem; margin", 1);
    assert_ne!(unchanged, page);
    if let Some(frames) = measure(&unchanged) {
        assert_eq!(frames.iter().map(Measured::is_faultless).collect::<Vec<_>>(), [true, false]);
    }
}

#[test]
fn overflowing_broken_and_foreign_content_is_detected() {
    let planted = [
        r#"<div style="width:3000px">wide</div>"#,
        r#"<p style="width:9em;white-space:nowrap">a line that is longer than its box</p>"#,
        r#"<svg viewBox="0 0 300 60"><text y="40">upon</text><text y="40">each other</text></svg>"#,
        r#"<img alt="no picture" src="data:image/jpeg;base64,AAAA">"#,
        r#"<img alt="elsewhere" src="https://elsewhere.invalid/a.png">"#,
    ];
    let page = Sample::of(&[PipelineKind::Owned], 2).page();
    let page = page.replacen("<footer>", &format!("{}<footer>", planted.concat()), 1);
    for frame in measure(&page).into_iter().flatten() {
        assert!(!frame.is_faultless());
        assert!(frame.page_width > frame.width);
        assert!(frame.overflowing.contains(&"div wide".into()), "{frame:#?}");
        assert!(
            frame.overflowed.contains(&"p a line that is longer than its box".into()),
            "{frame:#?}"
        );
        assert_eq!(frame.labels, ["text each other"]);
        assert_eq!(frame.broken, ["no picture", "elsewhere"]);
        assert!(frame.refused[0].starts_with("https://elsewhere.invalid"), "{frame:#?}");
    }
}
