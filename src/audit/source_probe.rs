//! Requests one photo before the load with each part in which the photos' URLs can differ.
//!
//! A service with a list of allowed hosts refuses other hosts. Without this probe, a share of the
//! load would come to nothing.

use super::client::HttpError;
use super::spec::SourceVariation;
use super::workload::{PlannedRequest, Workload};

/// Upper bound of the hosts that are tried.
const MAX_HOSTS: usize = 16;

/// Leaves out the parts that the target refuses, unless it refuses all. Returns a note about each.
pub(crate) async fn run(workload: &mut Workload) -> Vec<String> {
    let parts = workload.sources.as_ref().map_or(Vec::new(), |sources| sources.vary.clone());
    let mut refused: Vec<(SourceVariation, String)> = Vec::new();
    let mut connection = None;
    // Only the hosts differ from photo to photo in what an allow-list may refuse.
    let photos =
        |part| if part == SourceVariation::Host { MAX_HOSTS.min(workload.whole) } else { 1 };
    let requests = parts.iter().enumerate().flat_map(|(index, &part)| {
        // The number of a request chooses the part.
        let number = (index * workload.whole) as u64;
        let request = |photo| PlannedRequest { number, ..workload.request_for_whole(photo) };
        (0..photos(part)).map(|photo| (part, request(photo))).collect::<Vec<_>>()
    });
    let requests: Vec<_> = requests.collect();
    for (part, request) in requests {
        if refused.iter().any(|(refused, _)| *refused == part) {
            continue;
        }
        match workload.send(&mut connection, request).await {
            Ok(response) if (200..300).contains(&response.status) => {}
            Ok(response) => {
                let excerpt = response.excerpt(|text| workload.show(request, text).1);
                refused.push((part, format!("answered {excerpt}")));
            }
            // The first request of the load tells that the target is down.
            Err(HttpError::Unreachable(_)) => return Vec::new(),
            Err(error) => refused.push((part, error.to_string())),
        }
    }
    if refused.len() == parts.len() {
        return Vec::new();
    }
    if let Some(sources) = &mut workload.sources {
        sources.vary.retain(|part| refused.iter().all(|(refused, _)| refused != part));
    }
    let note = |(part, reason): (SourceVariation, String)| {
        let part = part.name();
        format!("Photos whose URLs differ in the {part} only were left out: the target {reason}.")
    };
    refused.into_iter().map(note).collect()
}
