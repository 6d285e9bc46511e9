//! Computes ETags, and compares them with `If-None-Match` and `If-Match`.

use hyper::HeaderMap;
use hyper::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};

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
    tags(headers, IF_NONE_MATCH)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// Returns true if the request has no `If-Match`, or one with this tag. The comparison is strong,
/// as RFC 9110 requires for `If-Match`.
pub(super) fn may_change(headers: &HeaderMap, etag: &str) -> bool {
    !headers.contains_key(IF_MATCH) || tags(headers, IF_MATCH).any(|tag| tag == "*" || tag == etag)
}

fn tags(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lists = headers.get_all(name).into_iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::album::{AlbumId, Moment, PersonId, PhotoName, PhotoState, PhotoUuid};
    use crate::codec::{Fit, Size};

    fn photo() -> Photo {
        Photo {
            id: 1.into(),
            name: PhotoName { album: AlbumId::random(), photo: PhotoUuid::random() },
            owner: PersonId::random(),
            uploaded_at: Moment::from_millis(0),
            state: PhotoState::Original,
            bytes: 5,
            width: 8,
            height: 8,
            content: ContentHash::of(b"photo"),
        }
    }

    #[test]
    fn each_part_that_a_thumbnail_is_made_from_changes_its_tag() {
        let photo = photo();
        let size = |px| Size::try_from(px).expect("the size is allowed");
        let spec = ThumbnailSpec { size: size(64), fit: Fit::Cover };
        let row = RowId::from;
        let tag = thumbnail_etag(&photo, spec, "maker 1", row(2));
        assert_eq!(tag, thumbnail_etag(&photo, spec, "maker 1", row(2)));
        let other_id = Photo { id: 2.into(), ..photo.clone() };
        let other_content = Photo { content: ContentHash::of(b"smaller"), ..photo.clone() };
        let other_size = ThumbnailSpec { size: size(65), ..spec };
        let other_fit = ThumbnailSpec { fit: Fit::Contain, ..spec };
        for other in [
            thumbnail_etag(&other_id, spec, "maker 1", row(2)),
            thumbnail_etag(&other_content, spec, "maker 1", row(2)),
            thumbnail_etag(&photo, other_size, "maker 1", row(2)),
            thumbnail_etag(&photo, other_fit, "maker 1", row(2)),
            thumbnail_etag(&photo, spec, "maker", row(2)),
            thumbnail_etag(&photo, spec, "maker 1", row(3)),
        ] {
            assert_ne!(other, tag);
        }
        assert_ne!(photo_etag(&other_id), photo_etag(&photo));
        assert_ne!(photo_etag(&other_content), photo_etag(&photo));
    }
}
