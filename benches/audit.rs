//! Measures the answers per second of an audit, and its memory before and after 100,000 answers.
//! The target runs in the same process and renders its thumbnails during the setup, so that the
//! bench measures the auditor and little of the target.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use double_exposure::audit::{AuditPlan, AuditResults, AuditVerdict, LoadModel, Target, run};
use double_exposure::codec::{Fit, ImageCodec, Size, ThumbnailRequest, ThumbnailSpec};
use double_exposure::provenance::convert_undisturbed;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Response};
use hyper_util::rt::TokioIo;

/// Side of the thumbnails, in pixels.
const SIZE: u32 = 256;

const TARGET: &str = r#"
name = "at once"
mode = "push"
base = "http://127.0.0.1:1"
[photos]
truncated = false
[upload]
path = "/{uuid}"
[thumbnail]
path = "/{uuid}"
fit = "cover"
sizes = "256"
private = false
"#;

fn main() {
    // `cargo bench` passes this flag; `cargo test --benches` does not.
    let full = std::env::args().any(|arg| arg == "--bench");
    let (min_answers, max_answers) = if full { (10_000, 100_000) } else { (100, 300) };
    let address = target();
    println!("answers of {SIZE} px, requested and checked:");
    for in_flight in [1, 4, 16, 64] {
        let (results, rate) = audit(address, in_flight, min_answers);
        assert_eq!(results.verdict, AuditVerdict::Clean, "{:?}", results.reasons);
        println!("  {in_flight:3} in flight  {rate:7.0} per second");
    }
    let before = resident_mib();
    let (results, rate) = audit(address, 16, max_answers);
    assert_eq!(results.stats.mixed, 0);
    let after = resident_mib();
    println!("{} answers at {rate:.0} per second", results.stats.answers);
    if let (Some(before), Some(after)) = (before, after) {
        println!("resident memory {before:.0} MiB before them, {after:.0} MiB after them");
    }
}

/// Audits the target until a number of requests has ended. Returns the answers per second of the
/// load, without the setup.
fn audit(address: SocketAddr, in_flight: usize, answers: u64) -> (AuditResults, f64) {
    let base = format!("http://{address}").parse().expect("an address makes a URL");
    let target = Target::parse(TARGET, Some(&base), &|_| None).expect("the target is valid");
    let plan = AuditPlan {
        target,
        load: vec![LoadModel::Closed(in_flight)],
        warm_up: Duration::from_millis(1),
        duration: Duration::from_secs(600),
        timeout: Duration::from_secs(10),
        max_bytes: 1 << 20,
        until_found: false,
        enough_conversions: None,
        max_findings: 20,
        min_conversions: 1,
        require: Vec::new(),
        hang_up: 0.0,
        seed: 1,
    };
    let began = Instant::now();
    let results =
        run(&plan, &mut |progress| progress.requests < answers).expect("the system gives threads");
    assert!(began.elapsed() < Duration::from_secs(600));
    let rate = results.stats.answers as f64 / results.elapsed.as_secs_f64();
    (results, rate)
}

/// Runs a service that renders a thumbnail when its photo is uploaded.
fn target() -> SocketAddr {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("the system gives threads");
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"));
    let listener = listener.expect("loopback has a free port");
    let address = listener.local_addr().expect("the listener is bound");
    let thumbnails: Arc<Mutex<HashMap<String, Bytes>>> = Arc::default();
    std::thread::spawn(move || {
        runtime.block_on(async {
            loop {
                let Ok((socket, _)) = listener.accept().await else { continue };
                let thumbnails = Arc::clone(&thumbnails);
                tokio::spawn(async move {
                    let service =
                        service_fn(move |request| respond(Arc::clone(&thumbnails), request));
                    let _ =
                        http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
    });
    address
}

async fn respond(
    thumbnails: Arc<Mutex<HashMap<String, Bytes>>>,
    request: hyper::Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let name = request.uri().path().to_owned();
    if request.method() == Method::PUT {
        let photo = request.into_body().collect().await.expect("a photo arrives whole").to_bytes();
        let size = Size::try_from(SIZE).expect("within the limits");
        let request = ThumbnailRequest { photo, spec: ThumbnailSpec { size, fit: Fit::Cover } };
        let thumbnail = convert_undisturbed(&ImageCodec::new(NonZeroU32::MIN), &request)
            .expect("photos are whole");
        thumbnails.lock().expect("no request panics").insert(name, thumbnail);
        return Ok(Response::new(Full::default()));
    }
    let thumbnail =
        thumbnails.lock().expect("no request panics").get(&name).cloned().unwrap_or_default();
    let mut response = Response::new(Full::new(thumbnail));
    let media_type = hyper::header::HeaderValue::from_static("image/jpeg");
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    Ok(response)
}

/// Returns the resident memory of this process in MiB, or `None` if the system does not report it.
fn resident_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().split(' ').next()?.parse().ok()?;
    Some(kib / 1024.0)
}
