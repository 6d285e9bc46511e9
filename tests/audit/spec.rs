//! Tests that a target's file is read completely, and that an error names its line and its field.
//! Each test changes one field of a valid file.

use std::path::Path;

use double_exposure::audit::Target;
use double_exposure::audit::spec::{Mode, Per};

const PUSH: &str = r#"name = "x"
mode = "push"
base = "http://127.0.0.1:1"

[[setup]]
per = "person"
path = "/people"
json = '{"name":"{person.number}"}'
capture = { token = "/token" }

[upload]
path = "/photos/{uuid}"
headers = { authorization = "Bearer {token}" }

[thumbnail]
path = "/photos/{uuid}?size={size}"
headers = { authorization = "Bearer {viewer.token}" }
"#;

const ACCOUNTS: &str = "account = [\
    { user = \"a\", password = \"b\", access_token = \"c\" }, \
    { user = \"d\", password = \"e\", access_token = \"f\" }]";

fn parse(text: &str) -> Result<Target, String> {
    let environment = |name: &str| (name == "KEY").then(|| "a secret".to_owned());
    Target::parse(text, None, &environment).map_err(|error| error.to_string())
}

#[test]
fn a_valid_file_gives_its_target() {
    let target = parse(PUSH).unwrap();
    assert_eq!(target.mode, Mode::Push);
    assert_eq!((target.setup.len(), target.setup[0].per), (1, Per::Person));
    assert_eq!(target.upload.unwrap().request.method, "PUT");
    assert_eq!(target.thumbnail.request.method, "GET");
    assert!(target.thumbnail.private);
    assert_eq!(target.thumbnail.shed, [429, 503]);
}

#[test]
fn an_error_names_its_line_and_its_field() {
    for (valid, invalid, expected) in [
        ("mode = \"push\"", "mode = \"shove\"", "2: mode: \"shove\" is none of push, pull, post"),
        ("base = \"http:", "base = \"ftp:", "3: base: \"ftp://127.0.0.1:1\" is no URL"),
        ("http://127", "http://me:key@127", "3: base: a URL with a user or a password"),
        ("per = \"person\"", "per = \"people\"", "6: setup[1].per: \"people\" is none of"),
        (
            "Bearer {token}",
            "Bearer {tokn}",
            "13: upload.headers.authorization: unknown variable {tokn}",
        ),
        ("{viewer.token}", "{env.NO}", "17: thumbnail.headers.authorization: the environment has"),
        ("= \"/token\"", "= \"token\"", "9: setup[1].capture.token: neither a JSON pointer"),
        ("[upload]", "[upload]\nsize = 3", "12: upload.size: unknown field `size`"),
        ("mode = \"push\"", "mode = 3", "2: mode: invalid type: integer `3`"),
        ("[upload]\npath", "[photos]\npeople = 1\n[upload]\npath", "12: photos.people: 1 is not"),
        ("[thumbnail]\n", "[thumbnail]\nsizes = \"9-3\"\n", "16: thumbnail.sizes: \"9-3\" names"),
        ("path = \"/people\"", "path = \"people\"", "7: setup[1].path: \"people\" does not begin"),
        ("mode = \"push\"", "mode = \"pull\"", "11: upload: only push has this"),
        ("name = \"x\"", "name = ", "1: name: "),
    ] {
        assert!(PUSH.contains(valid), "{valid}");
        let error = parse(&PUSH.replacen(valid, invalid, 1)).unwrap_err();
        assert!(error.starts_with(expected), "{error:?} for {expected:?}");
    }
}

#[test]
fn a_variable_is_known_after_its_capture_and_in_its_scope() {
    for (valid, invalid) in [
        ("/people\"", "/people/{token}\""),
        ("/people\"", "/people/{uuid}\""),
        ("/photos/{uuid}\"", "/photos/{size}\""),
        ("/photos/{uuid}\"", "/photos/{viewer.token}\""),
        ("size={size}", "size={source}"),
    ] {
        assert!(PUSH.contains(valid), "{valid}");
        let error = parse(&PUSH.replacen(valid, invalid, 1)).unwrap_err();
        assert!(error.contains("unknown variable"), "{error}");
    }
}

#[test]
fn secrets_are_never_printed() {
    let text = PUSH.replace("Bearer {token}", "Bearer {env.KEY}");
    let target = parse(&text).unwrap();
    assert!(!format!("{target:?}").contains("a secret"));
}

#[test]
fn a_url_alone_makes_a_target() {
    let target = Target::from_url(Mode::Post, "http://127.0.0.1:1/a/b?size={size}").unwrap();
    assert_eq!(target.base.to_string(), "http://127.0.0.1:1");
    assert!(Target::from_url(Mode::Pull, "http://127.0.0.1:1/{size}/{source}").is_ok());
    for bad in ["http://127.0.0.1:1/{size}", "ftp://127.0.0.1/{source}", "nowhere/{source}"] {
        assert!(Target::from_url(Mode::Pull, bad).is_err(), "{bad}");
    }
}

#[test]
fn the_shipped_targets_are_valid() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/targets");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read_to_string(&path).unwrap();
            let accounts = |name: &str| match name.strip_suffix("_ACCOUNTS") {
                Some(_) => ACCOUNTS.to_owned(),
                None => "00ff".to_owned(),
            };
            let target = Target::parse(&text, None, &|name| Some(accounts(name)));
            assert!(target.is_ok(), "{}: {target:?}", path.display());
            read += 1;
        }
    }
    assert_eq!(read, 12);
}

#[test]
fn every_wrong_field_of_a_richer_file_is_named_with_what_to_do() {
    let valid = r#"name = "x"
mode = "push"
base = "http://127.0.0.1:1"
accounts = { env = "PEOPLE" }

[values]
basic = "Basic {base64(user, ':', password)}"

[[setup]]
per = "person"
path = "/login"
form = { fields = { user = "{user}" } }
capture = { csrf = { from = "body", pattern = 'csrf="(.+?)"' } }

[upload]
path = "/photos/{uuid}"
json = '{"image":"{base64(file)}"}'

[[after_upload]]
per = "photo"
path = "/photos/{uuid}"
ready = { statuses = [200], interval_ms = 10 }

[thumbnail]
path = "/photos/{uuid}?size={size}"
headers = { authorization = "{basic}" }
"#;
    let parse = |text: &str| {
        let environment = |name: &str| (name == "PEOPLE").then(|| ACCOUNTS.to_owned());
        Target::parse(text, None, &environment).map_err(|error| error.to_string())
    };
    assert_eq!(parse(valid).unwrap().photos.people, 2);
    for (valid_part, invalid, expected) in [
        ("\"PEOPLE\"", "\"NOBODY\"", "4: accounts: the environment has no NOBODY"),
        ("{ env = \"PEOPLE\" }", "{ file = \"/no/file\" }", "4: accounts: /no/file: "),
        ("[values]\nbasic", "[values]\nuser", "7: values.user: a name has letters"),
        ("base64(user", "base64(usr", "26: thumbnail.headers.authorization: unknown variable"),
        ("base64(user", "base46(user", "26: thumbnail.headers.authorization: unknown function"),
        ("\"body\", pattern", "\"text\", pattern", "13: setup[1].capture.csrf: neither"),
        ("'csrf=\"(.+?)\"'", "'csrf=(.+?'", "13: setup[1].capture.csrf: no regular expression"),
        (
            "{ from = \"body\", pattern = 'csrf=\"(.+?)\"' }",
            "\"body\"",
            "13: setup[1].capture.csrf",
        ),
        ("csrf = {", "uuid = {", "13: setup[1].capture.uuid: a name has letters"),
        ("csrf = {", "user = {", "13: setup[1].capture.user: known before"),
        ("base64(file)", "file", "17: upload.json: file is bytes"),
        ("base64(file)", "uuid", "16: upload: the request sends no photo"),
        ("\njson = '{\"image", "\nbody = \"x\"\njson = '{\"image", "upload: json, body or form"),
        (
            "statuses = [200]",
            "statuses = [2000]",
            "22: after_upload[1].ready.statuses: 2000 is not",
        ),
        ("interval_ms = 10", "interval_ms = 1", "22: after_upload[1].ready.interval_ms: 1 is not"),
        (
            "ready = {",
            "as = \"member\"\nready = {",
            "22: after_upload[1].as: only a request per member",
        ),
        (
            "user = \"{user}\"",
            "user = \"{uuid}\"",
            "12: setup[1].form.fields.user: unknown variable",
        ),
        ("[upload]", "[source]\n[upload]", "15: source: only pull has this"),
        ("form = {", "form = { file = \"photo\",", ""),
        ("form = {", "form = { filename = \"photo\",", "12: setup[1].form.filename: needs file"),
    ] {
        assert!(valid.contains(valid_part), "{valid_part}");
        match parse(&valid.replacen(valid_part, invalid, 1)) {
            Err(error) => assert!(error.contains(expected), "{error:?} for {expected:?}"),
            Ok(_) => assert_eq!(expected, "", "{invalid} is accepted"),
        }
    }
}

#[test]
fn a_photo_that_is_named_by_its_content_needs_no_name_in_its_upload() {
    let text = "name = \"x\"\nmode = \"push\"\nbase = \"http://127.0.0.1:1\"\n\
        [upload]\npath = \"/upload\"\nform = { file = \"photo\" }\n[thumbnail]\n";
    let by_content = format!("{text}path = \"/t/{{hex(sha1(file))}}?size={{size}}\"\n");
    assert!(parse(&by_content).is_ok(), "{:?}", parse(&by_content));
    let by_uuid = format!("{text}path = \"/t/{{uuid}}?size={{size}}\"\n");
    assert!(parse(&by_uuid).unwrap_err().contains("the same path and body"));
}
