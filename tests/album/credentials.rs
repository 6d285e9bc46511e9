//! Goal: a token that was changed or revoked opens nothing, and a request that is repeated with its
//! key creates nothing twice and loses no token. Method: every pair of a key and a request.

use std::collections::HashSet;

use double_exposure::album::{
    AlbumError, KEY_LIFETIME, MAX_CLIENT_KEYS, PersonId, RepeatableRequest, SimulatedClock, Store,
    Token,
};

use crate::fixture::{DAY, START, TestFile, person};

const OPERATOR: &str = "the operator's key";

fn named(key: &str, name: &str) -> RepeatableRequest {
    RepeatableRequest::new(key, "create a person", name)
}

fn create(store: &Store, key: &str, name: &str) -> Result<(PersonId, Token), AlbumError> {
    store.create_person_once(name, &named(key, name), OPERATOR)
}

fn is_of(store: &Store, token: &str, person: PersonId) -> bool {
    store.person_by_token(token).expect("the file is read") == Some(person)
}

#[test]
fn a_changed_or_revoked_token_opens_nothing_and_the_new_one_does() {
    let (_file, store, ..) = TestFile::with_album();
    let (ann, first) = store.create_person("Ann").expect("a person");
    let second = store.rotate_token(ann).expect("a new token");
    assert!(!is_of(&store, first.reveal(), ann) && is_of(&store, second.reveal(), ann));
    store.revoke_token(ann).expect("the token ends");
    assert!(!is_of(&store, second.reveal(), ann));
    let third = store.rotate_token(ann).expect("the operator gives another");
    assert!(is_of(&store, third.reveal(), ann));
    let nobody = PersonId::random();
    assert_eq!(store.rotate_token(nobody), Err(AlbumError::NoSuchPerson));
    assert_eq!(store.revoke_token(nobody), Err(AlbumError::NoSuchPerson));
}

#[test]
fn a_repeated_creation_returns_the_same_person_and_token_also_after_a_restart() {
    let (file, store, ..) = TestFile::with_album();
    let (ann, token) = create(&store, "key 1", "Ann").expect("a person");
    drop(store);
    let store = file.open();
    assert_eq!(create(&store, "key 1", "Ann"), Ok((ann, token.clone())));
    assert!(is_of(&store, token.reveal(), ann));
    assert_eq!(create(&store, "key 1", "Ben"), Err(AlbumError::KeyReused));
    let (other, other_token) = create(&store, "key 2", "Ann").expect("another person");
    assert!(other != ann && other_token != token);
    // The key is one of the operator's that sent it.
    let stranger = store.create_person_once("Ann", &named("key 1", "Ann"), "another key");
    assert_ne!(stranger.expect("another person").0, ann);
    assert_eq!(file.number("SELECT count(*) FROM people"), 4);
}

#[test]
fn a_repeated_creation_never_brings_back_a_token_that_ended() {
    let (_file, store, ..) = TestFile::with_album();
    let (ann, token) = create(&store, "key", "Ann").expect("a person");
    store.revoke_token(ann).expect("the token ends");
    assert_eq!(create(&store, "key", "Ann"), Err(AlbumError::TokenChanged));
    assert!(!is_of(&store, token.reveal(), ann));
}

#[test]
fn a_repeated_change_returns_the_same_new_token_to_the_holder_of_the_old_one() {
    let (_file, store, ..) = TestFile::with_album();
    let (ann, old) = store.create_person("Ann").expect("a person");
    let rotate = |token: &Token, key: &str| {
        let request = RepeatableRequest::new(key, "rotate", "");
        store.rotate_token_once(token.reveal(), &request)
    };
    let (_, new) = rotate(&old, "key").expect("it is changed").expect("the token is valid");
    assert!(is_of(&store, new.reveal(), ann) && !is_of(&store, old.reveal(), ann));
    assert_eq!(rotate(&old, "key"), Ok(Some((ann, new.clone()))), "the answer was lost");
    assert_eq!(rotate(&old, "another key"), Ok(None), "the old token alone opens nothing");
    assert_eq!(rotate(&Token::random(), "key"), Ok(None), "the key alone opens nothing");
    let newest = rotate(&new, "key").expect("it is changed").expect("the token is valid").1;
    assert_eq!(rotate(&old, "key"), Err(AlbumError::TokenChanged));
    assert!(is_of(&store, newest.reveal(), ann));
}

#[test]
fn a_repeated_change_by_the_operator_gives_the_same_token_and_is_of_one_person() {
    let (_file, store, ann, _) = TestFile::with_album();
    let ben = person(&store);
    let rotate = |key: &str, person: PersonId| {
        let request = RepeatableRequest::new(key, "rotate", &person.to_string());
        store.rotate_token_of_once(person, &request, OPERATOR)
    };
    let (_, token) = rotate("key", ann).expect("a new token");
    assert_eq!(rotate("key", ann), Ok((ann, token.clone())), "the answer was lost");
    assert!(is_of(&store, token.reveal(), ann));
    assert_eq!(rotate("key", ben), Err(AlbumError::KeyReused));
    let (_, newer) = rotate("another key", ann).expect("a newer token");
    assert!(is_of(&store, newer.reveal(), ann) && !is_of(&store, token.reveal(), ann));
    assert_eq!(rotate("key", ann), Err(AlbumError::TokenChanged));
    assert_eq!(rotate("third key", PersonId::random()), Err(AlbumError::NoSuchPerson));
}

#[test]
fn a_repeated_album_is_one_album_and_another_persons_key_is_another_key() {
    let (file, store, owner, _) = TestFile::with_album();
    let album = |person, key: &str, title: &str| {
        let request = RepeatableRequest::new(key, "create an album", title);
        store.create_album_once(person, title, &request)
    };
    let first = album(owner, "key", "Summer");
    assert_eq!(album(owner, "key", "Summer"), first);
    assert_eq!(album(owner, "key", "Winter"), Err(AlbumError::KeyReused));
    assert_ne!(album(person(&store), "key", "Summer"), first);
    store.rotate_token(owner).expect("a new token");
    assert_eq!(album(owner, "key", "Summer"), first, "the key is the person's, not the token's");
    assert_eq!(file.number("SELECT count(*) FROM albums"), 3);
}

#[test]
fn keys_are_bounded_in_number_for_each_client_and_in_age() {
    let file = TestFile::new();
    let clock: &'static _ = Box::leak(Box::new(SimulatedClock::new(START)));
    let store = file.open_simulated(clock);
    let create = |number: u32| create(&store, &number.to_string(), "Ann").expect("a person").0;
    let people: Vec<_> = (0..=MAX_CLIENT_KEYS).map(create).collect();
    let keys = || file.number("SELECT count(*) FROM idempotency_keys");
    assert_eq!(keys(), i64::from(MAX_CLIENT_KEYS));
    assert_eq!(create(1), people[1], "the youngest 1,000 are remembered");
    assert_ne!(create(0), people[0], "the oldest was forgotten");
    assert_eq!(people.iter().collect::<HashSet<_>>().len(), people.len());

    clock.pass(KEY_LIFETIME);
    assert_eq!(store.forget_old_keys(), Ok(0));
    clock.pass(std::time::Duration::from_millis(1));
    assert_eq!(store.forget_old_keys(), Ok(u64::from(MAX_CLIENT_KEYS)));
    create(5);
    clock.set(START.after(DAY * 1_000));
    store.forget_old_keys().expect_err("the clock is not believed");
    assert_eq!(keys(), 1);
}
