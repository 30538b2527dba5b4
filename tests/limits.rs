//! How often anyone may ask: by key, by address, by what is asked.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use assay::app::limits::{Class, Limiters};
use assay::clock::Clock;
use assay::config::Settings;
use assay::config::rates::{Network, Rates};
use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{Actor, each_house_with};
use crate::people::makes_key;

/// What came back, with its headers.
struct Told {
    status: u16,
    code: String,
    headers: reqwest::header::HeaderMap,
}

impl Told {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a text"))
    }
}

async fn ask(request: reqwest::RequestBuilder) -> Told {
    let response = request.send().await.expect("the server answers");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body: Value = serde_json::from_str(&response.text().await.expect("a body")).unwrap_or_default();
    Told { status, code: body["error"]["code"].as_str().unwrap_or_default().to_owned(), headers }
}

async fn looks(actor: &Actor) -> Told {
    ask(actor.request(Method::GET, "/v1/me")).await
}

fn none() -> Rates {
    Rates {
        reads_per_key_per_minute: 0,
        reads_per_address_per_minute: 0,
        writes_per_key_per_minute: 0,
        writes_per_address_per_minute: 0,
        judgings_per_key_per_minute: 0,
        judgings_per_address_per_minute: 0,
        uploads_per_key_per_minute: 0,
        uploads_per_address_per_minute: 0,
        registrations_per_address_per_hour: 0,
        sign_ins_per_address_per_hour: 0,
        sign_ins_per_email_per_hour: 0,
    }
}

#[test]
fn a_key_that_asks_too_often_is_told_how_long_to_wait() {
    let change = |settings: &mut Settings| {
        settings.rates = Rates { reads_per_key_per_minute: 2, reads_per_address_per_minute: 600, ..none() };
    };
    each_house_with(change, async |house| {
        let (alice, bob) = (house.agent("alice").await, house.agent("bob").await);
        let first = looks(&alice).await;
        assert_eq!(first.status, 200);
        assert_eq!(first.header("ratelimit-policy"), "\"address-reads\";q=600;w=60, \"key-reads\";q=2;w=60");
        assert_eq!(first.header("ratelimit-limit"), "2");
        assert_eq!((first.header("ratelimit-remaining"), first.header("ratelimit-reset")), ("1", "30"));
        assert!(
            first.header("ratelimit").contains("\"key-reads\";r=1;t=30"),
            "{}",
            first.header("ratelimit")
        );
        assert_eq!(looks(&alice).await.status, 200);
        let third = looks(&alice).await;
        assert_eq!((third.status, third.code.as_str()), (429, "RATE_LIMITED"));
        let wait: u64 = third.header("retry-after").parse().expect("seconds");
        assert!((1..=30).contains(&wait), "{wait}");
        let reset: u64 = third.header("ratelimit-reset").parse().expect("seconds");
        assert!(reset >= wait, "all of it is back no sooner than some of it");
        assert_eq!(third.header("ratelimit-remaining"), "0");
        assert_eq!(third.header("content-type"), "application/problem+json");

        // Another key of the same party has a limit of its own, as has anybody else; what
        // changes things is another matter than looking; the operator is never too many.
        let (other, _) = makes_key(&alice, &json!({})).await;
        assert_eq!(looks(&other).await.status, 200);
        assert_eq!(looks(&bob).await.status, 200);
        for _ in 0..4 {
            assert_eq!(looks(&house.operator()).await.status, 200);
            let health = ask(house.nobody().request(Method::GET, "/health")).await;
            assert_eq!((health.status, health.header("ratelimit-limit")), (200, ""));
        }
        house.wait(wait.try_into().expect("a small number")).await;
        assert_eq!(looks(&alice).await.status, 200, "as long as it was told");
    });
}

#[test]
fn an_address_is_counted_whoever_asks_from_it() {
    let change = |settings: &mut Settings| {
        settings.rates = Rates { registrations_per_address_per_hour: 3, ..none() };
    };
    each_house_with(change, async |house| {
        let register = async || {
            let body = json!({ "name": "x" });
            ask(house.nobody().request(Method::POST, "/api/v1/agent/register").json(&body)).await
        };
        for remaining in ["2", "1", "0"] {
            let told = register().await;
            assert_eq!((told.status, told.header("ratelimit-remaining")), (201, remaining));
            assert_eq!(told.header("ratelimit-policy"), "\"address-registrations\";q=3;w=3600");
        }
        let told = register().await;
        assert_eq!((told.status, told.code.as_str()), (429, "RATE_LIMITED"));
        let account = json!({ "email": "a@example.org", "password": "0123456789", "name": "a" });
        assert_eq!(house.nobody().post("/v1/accounts", &account).await.status, 429, "people are parties too");
        house.wait(20 * 60).await;
        assert_eq!(register().await.status, 201);
        assert_eq!(register().await.status, 429);
        let unlimited = ask(house.nobody().request(Method::GET, "/v1/journal")).await;
        assert_eq!((unlimited.status, unlimited.header("ratelimit")), (200, ""));
    });
}

#[test]
fn a_kind_of_request_has_a_limit_of_its_own() {
    let change = |settings: &mut Settings| {
        settings.rates = Rates {
            judgings_per_key_per_minute: 1,
            uploads_per_key_per_minute: 1,
            writes_per_key_per_minute: 1,
            reads_per_key_per_minute: 1,
            ..none()
        };
    };
    each_house_with(change, async |house| {
        let alice = house.agent("alice").await;
        let nobodys = "018f0000-0000-7000-8000-000000000000";
        let table = [
            (Method::GET, "/v1/me".to_owned(), "key-reads"),
            (Method::POST, format!("/v1/tasks/{nobodys}/deliver"), "key-judgings"),
            (Method::POST, "/v1/plugins".to_owned(), "key-uploads"),
            (Method::DELETE, format!("/v1/keys/{nobodys}"), "key-writes"),
        ];
        for (method, path, policy) in &table {
            let told = ask(alice.request(method.clone(), path)).await;
            assert_ne!(told.status, 429, "{path}");
            assert_eq!(told.header("ratelimit-policy"), format!("\"{policy}\";q=1;w=60"), "{path}");
        }
        for (method, path, _) in &table {
            assert_eq!(ask(alice.request(method.clone(), path)).await.status, 429, "{path}");
        }
        for path in ["/resubmit", "/check"] {
            let path = format!("/v1/tasks/{nobodys}{path}");
            assert_eq!(ask(alice.request(Method::POST, &path)).await.status, 429, "{path}");
        }
    });
}

#[test]
fn a_forwarded_address_counts_where_the_proxy_is_trusted() {
    for trusted in [true, false] {
        let change = |settings: &mut Settings| {
            settings.rates = Rates { reads_per_address_per_minute: 1, ..none() };
            if trusted {
                settings.trusted_proxies =
                    vec!["127.0.0.1".parse().expect("an address"), "10.0.0.0/8".parse().expect("a network")];
            }
        };
        each_house_with(change, async |house| {
            let from = async |chain: &str| {
                let request = house.nobody().request(Method::GET, "/v1/journal");
                ask(request.header("X-Forwarded-For", chain)).await.status
            };
            let said = [
                from("198.51.100.1").await,
                from("198.51.100.2").await,
                // What stands before the last proxy's word anyone can write.
                from("203.0.113.9, 198.51.100.1").await,
                from("198.51.100.3, 10.1.2.3").await,
                from("198.51.100.3").await,
                // A household's IPv6 addresses are one.
                from("2001:db8:1:2::1").await,
                from("2001:db8:1:2:ffff::2").await,
                from("2001:db8:1:3::1").await,
            ];
            let expected = if trusted {
                [200, 200, 429, 200, 429, 200, 429, 200]
            } else {
                [200, 429, 429, 429, 429, 429, 429, 429]
            };
            assert_eq!(said, expected, "trusted: {trusted}");
        });
    }
}

#[test]
fn whoever_has_all_of_it_back_is_forgotten() {
    let clock = Arc::new(Clock::default());
    let rates = Rates { reads_per_address_per_minute: 60, ..none() };
    let limiters = Limiters::new(&rates, &clock);
    let address = |number: u32| IpAddr::V4(Ipv4Addr::from_bits(number));
    for number in 0..10_000 {
        limiters.address(Class::Read, address(number));
    }
    assert!(limiters.remembered() >= 1_000, "{}", limiters.remembered());
    clock.set_advance_ms(60_000);
    for _ in 0..5_000 {
        limiters.address(Class::Read, address(0));
    }
    assert!(limiters.remembered() <= 2, "{}", limiters.remembered());
    assert!(limiters.address(Class::Read, address(0)).is_some_and(|it| it.wait_seconds.is_some()));
}

#[test]
fn what_a_network_holds() {
    let table = [
        ("10.0.0.0/8", "10.255.0.1", true),
        ("10.0.0.0/8", "11.0.0.1", false),
        ("127.0.0.1", "127.0.0.1", true),
        ("127.0.0.1", "127.0.0.2", false),
        ("127.0.0.1", "::ffff:127.0.0.1", true),
        ("::ffff:10.0.0.1", "10.0.0.1", true),
        ("0.0.0.0/0", "203.0.113.7", true),
        ("0.0.0.0/0", "::1", false),
        ("::/0", "2001:db8::1", true),
        ("2001:db8::/32", "2001:db8:ffff::1", true),
        ("2001:db8::/32", "2001:db9::1", false),
        ("192.0.2.1/32", "192.0.2.1", true),
    ];
    for (network, address, inside) in table {
        let network: Network = network.parse().expect("a network");
        assert_eq!(network.holds(address.parse().expect("an address")), inside, "{address} in {network}");
    }
    for bad in
        ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/x", "proxy.example.org", "::ffff:10.0.0.1/104"]
    {
        assert!(bad.parse::<Network>().is_err(), "{bad}");
    }
}
