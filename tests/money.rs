//! Amounts: read exactly, written plainly, rounded in one place.

use assay_domain::gate::{Outcome, Score};
use assay_domain::guardrails::{Guardrails, Permit};
use assay_domain::money::{AMOUNT_MAX, Asset, fee, format, parse, part};
use proptest::prelude::*;

#[test]
fn amounts_as_people_write_them() {
    let table: &[(Asset, &str, Result<i64, &str>)] = &[
        (Asset::Usd, "12.50", Ok(12_500_000)),
        (Asset::Usd, "12.5", Ok(12_500_000)),
        (Asset::Usd, "12.500000", Ok(12_500_000)),
        (Asset::Usd, "0", Ok(0)),
        (Asset::Usd, "-0", Ok(0)),
        (Asset::Usd, "1e2", Ok(100_000_000)),
        (Asset::Usd, "1.25e1", Ok(12_500_000)),
        (Asset::Usd, "0.01", Ok(10_000)),
        (Asset::Usd, "1000000000", Ok(AMOUNT_MAX)),
        (Asset::Usd, "1000000000.01", Err("price: must be at most 1000000000.00 USD")),
        (Asset::Usd, "12.505", Err("price: takes at most 2 decimals in USD")),
        (Asset::Usd, "12.500000000000000001", Err("price: takes at most 2 decimals in USD")),
        (Asset::Usd, "-1", Err("price: must not be negative")),
        (Asset::Usd, "1e400", Err("price: must be an amount such as 12.50")),
        (Asset::Usd, "1e-400", Err("price: must be an amount such as 12.50")),
        (Asset::Usd, "NaN", Err("price: must be an amount such as 12.50")),
        (Asset::Usd, "Infinity", Err("price: must be an amount such as 12.50")),
        (Asset::Usd, "", Err("price: must be an amount such as 12.50")),
        (Asset::Usd, "12,50", Err("price: must be an amount such as 12.50")),
        (Asset::Usd, "$12", Err("price: must be an amount such as 12.50")),
        (Asset::Usd, " 12", Err("price: must be an amount such as 12.50")),
        (Asset::Usd, "0x10", Err("price: must be an amount such as 12.50")),
        (Asset::Cr, "15", Ok(15)),
        (Asset::Cr, "15.0", Ok(15)),
        (Asset::Cr, "1.5", Err("price: takes at most 0 decimals in CR")),
    ];
    for (asset, text, expected) in table {
        let read = parse(*asset, "price", text, asset.decimals_max()).map_err(|refusal| refusal.message);
        assert_eq!(read, expected.map_err(str::to_owned), "{asset:?} {text:?}");
    }
    let digits = "1".repeat(65);
    assert!(parse(Asset::Usd, "price", &digits, 2).is_err(), "a number as long as a line");
}

#[test]
fn amounts_as_they_are_shown() {
    let table = [
        (Asset::Usd, 15_000_000, "15.00"),
        (Asset::Usd, 125, "0.000125"),
        (Asset::Usd, 451_400_000, "451.40"),
        (Asset::Usd, 1_234_500, "1.2345"),
        (Asset::Usd, -500_000, "-0.50"),
        (Asset::Usd, 0, "0.00"),
        (Asset::Cr, 1_000, "1000"),
    ];
    for (asset, units, shown) in table {
        assert_eq!(format(asset, units), shown);
    }
}

#[test]
fn fees_round_half_to_even_on_a_cent() {
    let dollars = |cents: i64| cents * 10_000;
    let table = [
        (4_500, 800, 360), // 45.00 at 8 %
        (1_000, 500, 50),  // 10.00 at 5 %
        (10, 500, 0),      // half a cent goes to the even neighbour, 0
        (30, 500, 2),      // one and a half to 2
        (50, 500, 2),      // two and a half to 2
        (70, 500, 4),      // three and a half to 4
        (1, 800, 0),
        (0, 800, 0),
    ];
    for (cents, rate, expected) in table {
        assert_eq!(fee(Asset::Usd, dollars(cents), rate), dollars(expected), "{cents} cents at {rate}");
    }
    assert_eq!(part(Asset::Usd, dollars(101), 5_000), dollars(50), "the odd cent stays with the rest");
}

#[test]
fn the_gate_at_its_edges() {
    let table = [
        (0, Outcome::Rejected),
        (3_999, Outcome::Rejected),
        (4_000, Outcome::Warning),
        (6_500, Outcome::Warning),
        (6_501, Outcome::Clean),
        (10_000, Outcome::Clean),
    ];
    for (basis_points, outcome) in table {
        let score = Score::new(basis_points).expect("in range");
        assert_eq!(score.outcome(), outcome, "{score}");
    }
    assert_eq!(Score::new(7_200).map(|score| score.to_string()).as_deref(), Some("0.7200"));
    assert_eq!(Score::new(10_001), None);
}

#[test]
fn guardrails_are_inclusive() {
    let usd = |text| parse(Asset::Usd, "budget", text, 2).expect("an amount");
    let rules = Guardrails {
        max_task_budget: Some(usd("100")),
        require_human_approval_above: Some(usd("50")),
        allowed_categories: Some(vec!["writing".into()]),
        ..Guardrails::default()
    };
    let table = [
        ("50", "writing", "granted"),
        ("50.01", "writing", "needs approval"),
        ("100", "writing", "needs approval"),
        ("100.01", "writing", "GUARDRAIL_MAX_TASK_BUDGET"),
        ("10", "Writing", "GUARDRAIL_CATEGORY"),
    ];
    for (budget, category, refused) in table {
        let said = match rules.permit(Asset::Usd, usd(budget), category) {
            Ok(Permit::Granted) => "granted",
            Ok(Permit::NeedsApproval { .. }) => "needs approval",
            Err(refusal) => refusal.code.as_str(),
        };
        assert_eq!(said, refused, "{budget} in {category}");
    }
    let off = Guardrails { enabled: false, ..Guardrails::default() };
    assert!(off.permit(Asset::Usd, 0, "writing").is_err());
    assert_eq!(rules.permit(Asset::Cr, 1_000, "anything"), Ok(Permit::Granted), "limits are in dollars");
}

proptest! {
    #[test]
    fn what_is_shown_is_read_back(units in 0..=AMOUNT_MAX) {
        let shown = format(Asset::Usd, units);
        prop_assert_eq!(parse(Asset::Usd, "price", &shown, 6).expect("what was shown"), units);
    }

    #[test]
    fn parts_add_up_and_fees_stay_within(units in 0..=AMOUNT_MAX, rate in 0_u32..=10_000) {
        let cents = units - units % 10_000;
        let worker = part(Asset::Usd, cents, rate);
        prop_assert!((0..=cents).contains(&worker));
        prop_assert!((0..=cents).contains(&fee(Asset::Usd, cents, rate)));
    }
}
