//! Bad input: every field of every request that the description knows, made bad in every
//! way there is. Nothing of it is the server's fault, nothing of it moves money, and a
//! refusal names the field.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;

use assay::config::Settings;
use assay::config::rates::Rates;
use assay_domain::ids::PartyId;
use assay_domain::money::Asset;
use serde_json::{Value, json};

use crate::access::{Asked, Ground, NOBODYS, Row, WHO, asked, rows};
use crate::described::{self, resolved, validator};
use crate::house::{Actor, House};

/// One caller asks thousands of times in a minute.
fn unhurried(settings: &mut Settings) {
    // All that became due by then is done in one request, at the end.
    settings.limits.request_ms_max = 600_000;
    settings.rates = Rates {
        writes_per_key_per_minute: 0,
        writes_per_address_per_minute: 0,
        judgings_per_key_per_minute: 0,
        judgings_per_address_per_minute: 0,
        registrations_per_address_per_hour: 0,
        sign_ins_per_address_per_hour: 0,
        sign_ins_per_email_per_hour: 0,
        ..Rates::default()
    };
}

/// A story on one database: a bad field is refused before any database hears of it, and
/// there are thousands of them.
#[expect(clippy::needless_pass_by_value, reason = "a story is written where it is told")]
pub(crate) fn in_a_house(story: impl AsyncFn(&House)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        let house = House::open(None, unhurried).await;
        story(&house).await;
        house.audit().await;
        house.app.stop().await;
    });
}

/// Values as they stand in a body, which need not be what JSON readers can hold.
fn bad_values() -> Vec<(&'static str, String)> {
    let text = |text: &str| Value::from(text).to_string();
    vec![
        ("null", "null".into()),
        ("a text", text("twelve")),
        ("a number", "7".into()),
        ("yes", "true".into()),
        ("a list", "[]".into()),
        ("a list of lists", "[[1],[{}]]".into()),
        ("an object", "{}".into()),
        ("an object of nonsense", r#"{"":{"":[null]}}"#.into()),
        ("empty", text("")),
        ("blank", text("  \t ")),
        ("too long", text(&"x".repeat(70_000))),
        ("negative", "-1".into()),
        ("negative in words", text("-0.01")),
        ("zero", "0".into()),
        ("minus zero", "-0.0".into()),
        ("decimals", "1.23456789".into()),
        ("decimals in words", text("0.0000001")),
        ("beyond a float", "1e400".into()),
        ("huge", "123456789012345678901234567890".into()),
        ("not a number", text("NaN")),
        ("infinite", text("Infinity")),
        ("control characters", text("a\u{0}b\u{7}\u{1b}[31m")),
        ("right to left", text("\u{202e}drawkcab\u{202c}")),
        ("half a character", r#""\ud800""#.into()),
        ("another's id", "\"$poster\"".into()),
        ("another thing's id", "\"$channel\"".into()),
        ("nobody's id", text(NOBODYS)),
        ("no id", text("00000000-0000-0000-0000-00000000000g")),
    ]
}

/// Whoever may do what a row is about: the first who gets in, or finds nothing there.
pub(crate) fn rightful<'g>(ground: &'g Ground, row: &Row) -> &'g Actor {
    let who = ["poster", "worker", "owner", "stranger", "nobody", "operator"];
    let place = |name: &&str| WHO.iter().position(|who| who == name).expect("somebody of that name");
    let with = |letter| who.iter().map(place).find(|at| row.expected.chars().nth(*at) == Some(letter));
    &ground.actors[with('.').or_else(|| with('?')).expect("somebody gets in")]
}

/// The money of the stranger, the poster, the worker and the owner, as the books have it.
async fn money(house: &House, ground: &Ground) -> Vec<(i64, i64, i64)> {
    let mut all = Vec::new();
    for actor in &ground.actors[1..5] {
        let Ok(party) = actor.id.parse::<PartyId>() else { continue };
        for asset in Asset::ALL {
            let balance = house.app.balance(party, asset).await.expect("a balance");
            all.push((balance.available, balance.reserved, balance.pending));
        }
    }
    all
}

/// How far the journal is written: no money moves without it.
async fn written(house: &House) -> Vec<i64> {
    let heads = house.app.db.read().lane_heads().await.expect("the journal's heads");
    heads.iter().map(|head| head.n).collect()
}

/// The schema of a row's body, if it has one in JSON.
fn body_schema(row: &Row) -> Option<&'static Value> {
    let operation = described::operation(row.method(), row.path())?;
    let schema = &operation.words["requestBody"]["content"]["application/json"]["schema"];
    schema.is_object().then_some(schema)
}

/// The fields of a schema, those of objects in it too, as paths.
fn fields(schema: &Value) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (name, inner) in resolved(schema)["properties"].as_object().into_iter().flatten() {
        found.push(vec![name.clone()]);
        let inner = resolved(inner);
        let below =
            if inner["type"] == "array" || inner["type"][0] == "array" { &inner["items"] } else { inner };
        for path in fields(below) {
            found.push([vec![name.clone()], path].concat());
        }
    }
    found
}

/// The body of a row with a raw value at a path. Where the path goes through a list, it
/// has one member.
fn with(base: &Value, schema: &Value, path: &[String], raw: &str) -> String {
    const PLACE: &str = "\u{1}the value\u{1}";
    fn put(at: &mut Value, schema: &Value, path: &[String]) {
        let Some((name, rest)) = path.split_first() else {
            *at = PLACE.into();
            return;
        };
        let inner = resolved(&resolved(schema)["properties"][name]);
        if !at.is_object() {
            *at = example(schema);
        }
        if !rest.is_empty() && (inner["type"] == "array" || inner["type"][0] == "array") {
            let mut member = example(&inner["items"]);
            put(&mut member, &inner["items"], rest);
            at[name] = json!([member]);
        } else {
            put(&mut at[name], inner, rest);
        }
    }
    let mut body = base.clone();
    put(&mut body, schema, path);
    body.to_string().replace(&Value::from(PLACE).to_string(), raw)
}

fn example(schema: &Value) -> Value {
    resolved(schema)["examples"][0].as_object().map_or(json!({}), |example| example.clone().into())
}

/// What is wrong with the answer to a bad value, if anything.
fn fault(status: u16, said: &Value, path: &[String], fits: bool) -> Option<String> {
    let code = said["error"]["code"].as_str().unwrap_or_default();
    if status >= 500 {
        return Some(format!("{status} {said}"));
    }
    if status < 300 && !fits {
        return Some(format!("{status}, and the description forbids it"));
    }
    let shown = said["error"]["field"].as_str().or(said["error"]["message"].as_str()).unwrap_or_default();
    let snake = |name: &str| {
        name.chars().fold(String::new(), |text, one| {
            if one.is_ascii_uppercase() {
                format!("{text}_{}", one.to_ascii_lowercase())
            } else {
                format!("{text}{one}")
            }
        })
    };
    let names = shown.starts_with(&snake(&path[0])) || code == "INVALID_JSON";
    (status == 400 && !names).then(|| format!("400 names {shown:?}: {said}"))
}

#[test]
fn every_field_made_bad_is_named_and_moves_nothing() {
    in_a_house(async |house| {
        let ground = Ground::prepare(house).await;
        let mut wrong = Vec::new();
        let mut count = 0;
        let (mut before, mut last) = (money(house, &ground).await, written(house).await);
        for row in rows() {
            let Some(schema) = body_schema(&row) else { continue };
            let whole = validator(schema);
            let actor = rightful(&ground, &row);
            let (place, body) = ground.request(&row);
            let base = serde_json::from_slice(&body).unwrap_or(json!({}));
            for path in fields(schema) {
                for (what, raw) in bad_values() {
                    let body = with(&base, schema, &path, &ground.filled(&raw));
                    let fits = serde_json::from_str(&body).is_ok_and(|body| whole.is_valid(&body));
                    let said = asked(actor, row.method(), &place, body.into_bytes()).await;
                    count += 1;
                    let mut moved = false;
                    // One question, where all the balances are two dozen.
                    let now = written(house).await;
                    if now != last {
                        let after = money(house, &ground).await;
                        moved = said.status >= 300 && after != before;
                        (before, last) = (after, now);
                    }
                    let fault = fault(said.status, &said.body, &path, fits).or(said.fault);
                    if let Some(fault) = fault.or(moved.then(|| "money moved".to_owned())) {
                        wrong.push(format!("{} {} {what}: {fault:.300}", row.route, path.join(".")));
                    }
                }
            }
        }
        assert!(count > 2_000, "only {count} requests: the description has lost its schemas");
        assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    });
}

/// Bodies that are no bodies.
fn bad_bodies() -> Vec<(&'static str, Vec<u8>)> {
    let deep = |open: &str, close: &str| [open.repeat(100_000), close.repeat(100_000)].concat().into_bytes();
    vec![
        ("nothing", Vec::new()),
        ("not JSON", b"title=Tea&budget=1".to_vec()),
        ("half of it", br#"{"title":"Te"#.to_vec()),
        ("a list", b"[]".to_vec()),
        ("a text", br#""tea""#.to_vec()),
        ("null", b"null".to_vec()),
        ("twice", br#"{"a":1}{"a":1}"#.to_vec()),
        ("not UTF-8", b"{\"title\":\"\xff\xfe\"}".to_vec()),
        ("UTF-16", "{}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("deep lists", deep("[", "]")),
        ("deep objects", [r#"{"a":"#.repeat(100_000), "1".into(), "}".repeat(100_000)].concat().into_bytes()),
        (
            "a deep field",
            [r#"{"checks":"#, &"[".repeat(100_000), &"]".repeat(100_000), "}"].concat().into_bytes(),
        ),
        ("many fields", many_fields(50_000).into()),
    ]
}

/// What says nothing that a route without needs would read.
const MAY_BE_IGNORED: [&str; 4] = ["nothing", "many fields", "deep objects", "a deep field"];

#[test]
fn bodies_that_are_no_bodies_are_refused_and_move_nothing() {
    in_a_house(async |house| {
        let ground = Ground::prepare(house).await;
        let mut wrong = Vec::new();
        for row in rows().iter().filter(|row| row.method() != "GET") {
            let Some(schema) = body_schema(row) else { continue };
            let actor = rightful(&ground, row);
            let (place, good) = ground.request(row);
            let demands = schema["required"].is_array();
            let mut bodies = bad_bodies();
            // The same field twice: one of the two counts, and nothing breaks.
            let again = [&good[..good.len().saturating_sub(1)], b",", &good[1.min(good.len())..]].concat();
            bodies.push(("every field twice", again));
            for (what, body) in bodies {
                let before = money(house, &ground).await;
                let Asked { status, body: said, fault } = asked(actor, row.method(), &place, body).await;
                wrong.extend(fault);
                let refused = [400, 413].contains(&status);
                let may = what == "every field twice" || (!demands && MAY_BE_IGNORED.contains(&what));
                if status >= 500 || (!refused && !may) {
                    wrong.push(format!("{} {what}: {status} {said:.200}", row.route));
                }
                if refused && money(house, &ground).await != before {
                    wrong.push(format!("{} {what}: money moved", row.route));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

/// Who says that thirteen megabytes are coming is refused before they are.
#[test]
fn thirteen_megabytes_are_too_many_for_any_route() {
    in_a_house(async |house| {
        let ground = Ground::prepare(house).await;
        for row in rows().iter().filter(|row| body_schema(row).is_some()) {
            let (place, _) = ground.request(row);
            let key = &rightful(&ground, row).key;
            let address = house.base_url.trim_start_matches("http://");
            let head = format!(
                "{} {place} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\
                 content-length: {}\r\nconnection: close\r\n\r\n{{\"title\":\"",
                row.method(),
                13 * 1024 * 1024
            );
            let address = address.to_owned();
            let told = tokio::task::spawn_blocking(move || told(&address, &head)).await;
            let answer = told.expect("nobody panics in there").expect("the server answers");
            assert!(
                answer.starts_with("HTTP/1.1 413 ") && answer.contains("TOO_LARGE"),
                "{}: {answer}",
                row.route
            );
        }
    });
}

/// What a server answers to this, as far as the end of an object. It waits for the rest of
/// what was promised, so the connection need not end.
fn told(address: &str, head: &str) -> io::Result<String> {
    let mut socket = TcpStream::connect(address)?;
    socket.write_all(head.as_bytes())?;
    let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
    while !answer.ends_with(b"}") {
        match socket.read(&mut piece)? {
            0 => break,
            size => answer.extend(&piece[..size]),
        }
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// An object of so many fields.
fn many_fields(count: usize) -> String {
    let fields: Vec<String> = (0..count).map(|n| format!("\"f{n}\":1")).collect();
    format!("{{{}}}", fields.join(","))
}
