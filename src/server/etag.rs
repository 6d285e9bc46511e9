//! Computes ETags, and compares them with `If-None-Match`.

use hyper::HeaderMap;
use hyper::header::IF_NONE_MATCH;

use crate::album::{ContentHash, Photo, RowId};
use crate::codec::ThumbnailSpec;

/// Computes the ETag of a photo's stored bytes. The tag covers the photo's id too, so that
/// identical bytes under another id have another tag.
pub(super) fn photo_etag(photo: &Photo) -> String {
    quoted_hash(&format!("{}\n{}", photo.id, photo.content))
}

/// Computes the ETag of a thumbnail from its photo, its spec, the version of the thumbnail maker
/// and the ledger's row of the conversion. The row tells a thumbnail that was purged and made anew
/// from the bad one that a device still keeps.
pub(super) fn thumbnail_etag(
    photo: &Photo,
    spec: ThumbnailSpec,
    maker: &str,
    made: RowId,
) -> String {
    let (Photo { id, content, .. }, ThumbnailSpec { size, fit }) = (photo, spec);
    quoted_hash(&format!("{id}\n{content}\n{}\n{fit}\n{maker}\n{made}", size.get()))
}

fn quoted_hash(key: &str) -> String {
    format!("\"{}\"", &ContentHash::of(key.as_bytes()).to_string()[..40])
}

/// Returns true if the client has the tagged bytes already. The comparison is weak, as RFC 9110
/// requires for `If-None-Match`.
pub(super) fn is_not_modified(headers: &HeaderMap, etag: &str) -> bool {
    let lists = headers.get_all(IF_NONE_MATCH).iter().filter_map(|list| list.to_str().ok());
    lists
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}
