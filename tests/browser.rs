//! In a browser, at the size of a projector and of a phone, nothing sticks out, every picture
//! loads, and nothing is asked of the network. Headless Chromium opens a copy of the page in frames
//! of these sizes; a script that only this copy holds measures it, and the frames' DOM is read.

#[allow(dead_code, reason = "what the page says is read in another test")]
mod page;

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use double_exposure::pipelines::PipelineKind;
use page::Sample;
use serde::Deserialize;

/// A projector's and a phone's width and height, in CSS px.
const SIZES: [(u32, u32); 2] = [(1280, 720), (390, 844)];
/// A browser that has said nothing for so long is killed, and the test fails.
const PATIENCE: Duration = Duration::from_secs(60);
const BROWSERS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const SCRIPT: &str = include_str!("page/measure.js");

/// What a person at the browser would see of a page.
#[derive(Debug, Deserialize)]
struct Seen {
    width: u32,
    page_width: u32,
    sticks_out: Vec<String>,
    spills: Vec<String>,
    labels: Vec<String>,
    smallest_letters: f64,
    pictures: usize,
    broken: Vec<String>,
    refused: Vec<String>,
    requested: Vec<String>,
}

impl Seen {
    fn faultless(&self) -> bool {
        let lists = [&self.sticks_out, &self.spills, &self.labels, &self.broken, &self.refused];
        self.page_width <= self.width
            && self.requested.is_empty()
            && lists.into_iter().all(Vec::is_empty)
    }
}

/// Opens a page at both sizes; nothing if there is no browser, which is said loudly.
fn look(page: &str) -> Option<Vec<Seen>> {
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
    let mut seen: Vec<Seen> = serde_json::from_str(&json)
        .unwrap_or_else(|error| panic!("the page was not measured: {error} in {json:?}"));
    seen.sort_by_key(|seen| std::cmp::Reverse(seen.width));
    let widths: Vec<u32> = seen.iter().map(|seen| seen.width).collect();
    assert_eq!(widths, SIZES.map(|(width, _)| width));
    Some(seen)
}

/// A document with the page in a frame of each size, that writes down what it is told.
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

/// The DOM of the folder's frames when all has been loaded.
fn dump(folder: &Path) -> Option<String> {
    let mut child = browser(folder)?;
    let mut stdout = child.stdout.take().unwrap();
    let (done, dumped) = channel();
    thread::spawn(move || {
        let mut dom = String::new();
        let read = stdout.read_to_string(&mut dom).map(|_| dom);
        let _ = done.send(read);
    });
    let dom = dumped.recv_timeout(PATIENCE);
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
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        // Written past the test harness, which keeps what a passing test prints to itself.
        let said = format!("SKIPPED: no browser looked at the page; install one of {BROWSERS:?}\n");
        std::io::stderr().write_all(said.as_bytes()).unwrap();
    });
    None
}

#[test]
fn the_page_holds_together_for_a_room_and_for_a_phone() {
    for (page, pictures) in [
        (Sample::reproduced().page(), 6),
        (
            Sample::of(&[PipelineKind::Shared, PipelineKind::Owned, PipelineKind::Pooled], 1)
                .page(),
            0,
        ),
    ] {
        for seen in look(&page).into_iter().flatten() {
            assert!(seen.faultless(), "{seen:#?}");
            assert_eq!(seen.pictures, pictures);
            assert!(seen.smallest_letters >= 20.0, "{} px", seen.smallest_letters);
        }
    }
}

#[test]
fn what_sticks_out_is_broken_or_comes_from_elsewhere_is_seen() {
    let planted = [
        r#"<div style="width:3000px">wide</div>"#,
        r#"<p style="width:9em;white-space:nowrap">a line that is longer than its box</p>"#,
        r#"<svg viewBox="0 0 300 60"><text y="40">upon</text><text y="40">each other</text></svg>"#,
        r#"<img alt="no picture" src="data:image/jpeg;base64,AAAA">"#,
        r#"<img alt="elsewhere" src="https://elsewhere.invalid/a.png">"#,
    ];
    let page = Sample::of(&[PipelineKind::Owned], 2).page();
    let page = page.replacen("<footer>", &format!("{}<footer>", planted.concat()), 1);
    for seen in look(&page).into_iter().flatten() {
        assert!(!seen.faultless());
        assert!(seen.page_width > seen.width);
        assert!(seen.sticks_out.contains(&"div wide".into()), "{seen:#?}");
        assert!(seen.spills.contains(&"p a line that is longer than its box".into()), "{seen:#?}");
        assert_eq!(seen.labels, ["text each other"]);
        assert_eq!(seen.broken, ["no picture", "elsewhere"]);
        assert!(seen.refused[0].starts_with("https://elsewhere.invalid"), "{seen:#?}");
    }
}
