//! Every page of the console, in one list: which route it is of, where it is in a house
//! that has one of everything, and who sees the most of it. Tests that speak of every page
//! go through this list, and a route that is missing from it fails.

use std::collections::BTreeSet;

use reqwest::Method;

use crate::access::{Ground, WHO};
use crate::browsing::Browser;
use crate::house::{Actor, House, each_house};

/// The router of the console, which the list is held against.
const ROUTER: &str = include_str!("../host/src/http/console.rs");

/// A line of the list: a route, the thing that its `{…}` names, who looks at it.
type Line = (&'static str, &'static str, &'static str);

/// Every route that answers with a page.
const PAGES: [Line; 33] = [
    ("/", "", "nobody"),
    ("/sign-up", "", "nobody"),
    ("/sign-in", "", "nobody"),
    ("/account", "", "owner"),
    ("/account/sessions", "", "owner"),
    ("/account/handoffs", "", "owner"),
    ("/account/encryption", "", "owner"),
    ("/agents", "", "owner"),
    ("/agents/{id}", "poster", "owner"),
    ("/agents/{id}/keys", "poster", "owner"),
    ("/wallet", "", "poster"),
    ("/wallet/payments/{id}", "payment", "poster"),
    ("/wallet/statement", "", "poster"),
    ("/wallet/withdrawals", "", "poster"),
    ("/wallet/channels", "", "poster"),
    ("/wallet/channels/{id}", "channel", "poster"),
    ("/wallet/rewards", "", "poster"),
    ("/plugins", "", "nobody"),
    ("/plugins/upload", "", "poster"),
    ("/plugins/{digest}", "plugin", "poster"),
    ("/parties/{id}", "poster", "nobody"),
    ("/guides", "", "nobody"),
    ("/guides/{name}", "=work", "nobody"),
    ("/tasks", "", "worker"),
    ("/tasks/{id}", "task", "poster"),
    ("/tasks/{id}/watch", "task", "poster"),
    ("/tasks/{id}/secrets", "guarded", "poster"),
    ("/receipts/{id}", "receipt", "poster"),
    ("/desk", "", "poster"),
    ("/house", "", "operator"),
    ("/house/disputes/{id}", "dispute", "operator"),
    ("/post", "", "poster"),
    ("/post/draft", "", "poster"),
];

/// The same routes with other things, and as others see them.
const MORE: [Line; 15] = [
    ("/", "", "owner"),
    ("/guides/{name}", "=commissioning", "nobody"),
    ("/guides/{name}", "=agent", "nobody"),
    ("/guides/{name}", "=finance", "nobody"),
    ("/plugins/{digest}", "plugin", "nobody"),
    ("/tasks?show=posted", "", "poster"),
    ("/tasks?show=doing", "", "worker"),
    ("/tasks/{id}", "task", "worker"),
    ("/tasks/{id}", "open", "poster"),
    ("/tasks/{id}", "biddable", "worker"),
    ("/tasks/{id}", "claimable", "worker"),
    ("/tasks/{id}", "disputed", "worker"),
    ("/tasks/{id}/secrets", "guarded", "worker"),
    ("/house/disputes/{id}", "dispute", "poster"),
    ("/desk", "", "owner"),
];

/// Routes whose answer to GET is no page of its own, and what it is.
const NO_PAGES: [(&str, &str); 6] = [
    ("/wallet/statement.csv", "a file"),
    ("/files/{sha256}", "a file"),
    ("/tasks/{id}/deliveries/{delivery}/{part}", "a file"),
    ("/tasks/{id}/whole", "a file"),
    ("/tasks/{id}/live", "a stream"),
    ("/assets/{version}/{file}", "a file"),
];

/// A page of a house.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Where it is.
    pub(crate) path: String,
    /// Who sees the most of it, by their name among those of the house.
    pub(crate) who: &'static str,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} as {}", self.path, self.who)
    }
}

/// Every page, in the house whose things these are.
pub(crate) fn places(ground: &Ground) -> Vec<Place> {
    let place = |&(route, thing, who): &Line| Place { path: path_of(route, thing, ground), who };
    PAGES.iter().chain(&MORE).map(place).collect()
}

/// The pages that are there for whoever has signed in, whatever they have.
pub(crate) fn places_of_everybody() -> impl Iterator<Item = &'static str> {
    let routes = PAGES.iter().map(|(route, ..)| *route);
    routes.filter(|route| !route.contains('{') && !route.starts_with("/sign-") && *route != "/house")
}

/// A route with the id of a thing in it; a thing that begins with `=` is its own name.
fn path_of(route: &str, thing: &str, ground: &Ground) -> String {
    let Some((start, end)) = route.find('{').zip(route.find('}')) else { return route.to_owned() };
    let name = thing.strip_prefix('=').unwrap_or_else(|| ground.id(thing));
    format!("{}{name}{}", &route[..start], &route[end + 1..])
}

/// Somebody of the house by their name in the list.
pub(crate) fn somebody<'g>(ground: &'g Ground, who: &str) -> &'g Actor {
    let at = WHO.iter().position(|name| *name == who).expect("one of those");
    &ground.actors[at]
}

/// The paths that the console's router answers with this method.
pub(crate) fn routes(method: &Method) -> BTreeSet<String> {
    let (once, after) = match *method {
        Method::GET => ("get(", ").get("),
        _ => ("post(", ").post("),
    };
    let answers = |part: &str| {
        let (path, rest) = part.split_once('"')?.1.split_once('"')?;
        let handlers: String = rest.chars().filter(|letter| !letter.is_whitespace()).collect();
        let handlers = handlers.strip_prefix(',')?;
        (handlers.starts_with(once) || handlers.contains(after)).then(|| path.to_owned())
    };
    ROUTER.split(".route(").skip(1).filter_map(answers).collect()
}

#[test]
fn no_page_of_the_console_is_missing_from_the_list() {
    let running = routes(&Method::GET);
    assert!(running.len() > 30, "{running:?}");
    let pages = PAGES.iter().map(|(route, ..)| (*route).to_owned());
    let listed: BTreeSet<String> = pages.chain(NO_PAGES.map(|(route, _)| route.to_owned())).collect();
    assert_eq!(listed.len(), PAGES.len() + NO_PAGES.len(), "a route is listed twice");
    let missing: Vec<_> = running.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&running).collect();
    assert!(missing.is_empty() && gone.is_empty(), "missing {missing:?}, gone {gone:?}");
}

/// What a browser must be told with every page.
const HEADERS: [(&str, &str); 7] = [
    ("content-type", "text/html; charset=utf-8"),
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cache-control", "no-store"),
];

/// What stands in a page itself that the policy would have to allow.
fn inline(html: &str) -> Vec<String> {
    let tags = html.split('<').skip(1).filter_map(|part| part.split_once('>'));
    let own = |(tag, after): (&str, &str)| {
        let name = tag.split_whitespace().next().unwrap_or_default().to_lowercase();
        let attributes = tag.split('"').step_by(2).flat_map(str::split_whitespace).skip(1);
        let acts = attributes.map(str::to_lowercase).find(|one| one.starts_with("on") || one == "style=");
        let alone = name == "style" || (name == "script" && !(tag.contains(" src=\"/") && after.is_empty()));
        (alone || acts.is_some()).then(|| tag.to_owned())
    };
    tags.filter_map(own).collect()
}

#[test]
fn every_page_goes_out_with_the_headers_and_nothing_inline() {
    let told =
        "<p style=\"x\"><a title=\"on\" onclick=\"x\"><script>x</script><style>x</style><b title=\"onx\">";
    assert_eq!(inline(told).len(), 4, "what is inline is seen: {:?}", inline(told));
    each_house(async |house| {
        let ground = Ground::prepare(house).await;
        let refused = ["/nowhere", "/tasks/nowhere", "/guides/nowhere"];
        let refused = refused.map(|path| Place { path: path.into(), who: "poster" });
        let shut = Place { path: "/house".into(), who: "poster" };
        let mut wrong = Vec::new();
        for place in places(&ground).into_iter().chain(refused).chain([shut.clone()]) {
            let page = Browser::of(somebody(&ground, place.who)).goes(&place.path).await;
            let status = match &place.path {
                path if path.ends_with("/nowhere") => 404,
                path if *path == shut.path && place.who == shut.who => 403,
                _ => 200,
            };
            if page.status != status {
                wrong.push(format!("{place} is answered with {}, not {status}", page.status));
            }
            for (name, value) in HEADERS {
                if page.header(name) != value {
                    wrong.push(format!("{place} says {name}: {}", page.header(name)));
                }
            }
            wrong.extend(inline(&page.html).into_iter().map(|tag| format!("{place} has <{tag}>")));
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}

/// A form of a page, as far as it tells whose it is.
async fn sends(browser: &Browser, path: &str, token: Option<&str>, site: Option<&str>) -> u16 {
    let mut request = browser.request(Method::POST, path);
    if let Some(site) = site {
        request = request.header("Sec-Fetch-Site", site);
    }
    let request = if path == "/plugins/upload" {
        let part =
            |token| format!("--edge\r\nContent-Disposition: form-data; name=\"_token\"\r\n\r\n{token}\r\n");
        let body = token.map(part).unwrap_or_default() + "--edge--\r\n";
        request.header("Content-Type", "multipart/form-data; boundary=edge").body(body)
    } else {
        request.form(&token.map(|token| ("_token", token)).into_iter().collect::<Vec<_>>())
    };
    browser.send(request).await.status
}

/// The paths of all forms, in this house. What they name need not be there: whose a form is
/// comes first.
fn forms(ground: &Ground) -> Vec<String> {
    let filled = |route: String| {
        let parts = route.split('/').map(|part| match part {
            "{digest}" => ground.id("plugin"),
            "{id}" => ground.id("task"),
            part if part.starts_with('{') => ground.id("nobody"),
            part => part,
        });
        parts.collect::<Vec<_>>().join("/")
    };
    routes(&Method::POST).into_iter().map(filled).collect()
}

/// Who may do everything, and nobody, who may sign in.
async fn each_of(house: &House) -> [(&'static str, Browser, String); 2] {
    let (operator, visitor) = (Browser::of(&house.operator()), Browser::open(&house.base_url));
    let token = operator.goes("/account").await.good().token();
    let visitors = visitor.goes("/sign-in").await.good().token();
    assert!(token.len() == 32 && visitors.len() == 32 && token != visitors);
    [("the operator", operator, token), ("a visitor", visitor, visitors)]
}

#[test]
fn no_form_is_taken_without_the_token_of_its_own_session() {
    each_house(async |house| {
        let ground = Ground::prepare(house).await;
        let others = Browser::of(somebody(&ground, "poster")).goes("/account").await.good().token();
        let all = forms(&ground);
        assert!(all.len() > 45, "{all:?}");
        let mut wrong = Vec::new();
        for (who, browser, own) in each_of(house).await {
            for path in &all {
                // Whoever is not signed in is told that instead, but for what signs in.
                let open = ["/sign-up", "/sign-in", "/sign-in/key"].contains(&path.as_str());
                let expected: &[u16] = if who == "a visitor" && !open { &[401] } else { &[403] };
                let without = sends(&browser, path, None, None).await;
                let empty = sends(&browser, path, Some(""), None).await;
                let of_others = sends(&browser, path, Some(&others), None).await;
                let from_elsewhere = sends(&browser, path, Some(&own), Some("cross-site")).await;
                let said = [without, empty, of_others, from_elsewhere];
                if said.iter().any(|status| !expected.contains(status)) {
                    wrong.push(format!("{who}, {path}: {said:?}, not {expected:?}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        // A form with the right token gets past that, so it was the token.
        let (_, browser, own) = each_of(house).await.into_iter().next().expect("the operator");
        assert_eq!(sends(&browser, "/house/audit", Some(&own), None).await, 303);
    });
}
