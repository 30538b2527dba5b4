//! Plots, drawn on the server: bars and lines of plain SVG, without a style of their own.

use askama::Template;
use askama::filters::HtmlSafe;
use assay_domain::money::Asset;

use super::words;
use crate::app::wallet::Day;
use crate::clock::rfc3339;

/// Width of a plot, in its own units.
const WIDTH: i64 = 720;
/// The height of the bars above the line, and of those below it.
const HALF: i64 = 80;
/// Room for the words at the left.
const LEFT: i64 = 70;

/// A bar of a plot.
pub struct Bar {
    x: i64,
    y: i64,
    width: i64,
    height: i64,
    class: &'static str,
    title: String,
}

/// What was earned and spent day by day: bars up, and bars down.
#[derive(Template)]
#[template(path = "parts/days.html")]
pub struct DaysPlot {
    asset: &'static str,
    label: String,
    bars: Vec<Bar>,
    most: String,
    rows: Vec<[String; 4]>,
    first: String,
    last: String,
}

impl HtmlSafe for DaysPlot {}

impl DaysPlot {
    /// Of days in a row; nothing when nothing moved.
    pub fn of(asset: Asset, days: &[Day]) -> Option<Self> {
        let most = days.iter().map(|day| day.spent.max(day.earned)).max().filter(|most| *most > 0)?;
        let count = i64::try_from(days.len()).unwrap_or(1).max(1);
        let step = (WIDTH - LEFT) / count;
        let mut bars = Vec::new();
        for (place, day) in (0..).zip(days) {
            let (x, name) = (LEFT + place * step, date(day));
            let height = |units: i64| scaled(units, most);
            if day.earned > 0 {
                let (tall, title) = (height(day.earned), said(asset, &name, "earned", day.earned));
                bars.push(Bar { x, y: HALF - tall, width: step - 2, height: tall, class: "in", title });
            }
            if day.spent > 0 {
                let title = said(asset, &name, "spent", day.spent);
                let height = height(day.spent);
                bars.push(Bar { x, y: HALF + 1, width: step - 2, height, class: "out", title });
            }
        }
        let moved = |day: &&Day| day.spent != 0 || day.back != 0 || day.earned != 0;
        let amount = |units| words::amount(asset, units);
        let row = |day: &Day| [date(day), amount(day.earned), amount(day.spent), amount(day.back)];
        Some(Self {
            asset: asset.code(),
            label: format!("Earned and spent in {} on each of the last {count} days", asset.code()),
            bars,
            most: amount(most),
            rows: days.iter().rev().filter(moved).map(row).collect(),
            first: days.first().map(date).unwrap_or_default(),
            last: days.last().map(date).unwrap_or_default(),
        })
    }
}

fn date(day: &Day) -> String {
    rfc3339(day.at)[..10].to_owned()
}

fn said(asset: Asset, date: &str, what: &str, units: i64) -> String {
    format!("{date}: {} {what}", words::amount(asset, units))
}

/// A bar's height: what is not nothing is seen.
fn scaled(units: i64, most: i64) -> i64 {
    let height = i128::from(units) * i128::from(HALF - 4) / i128::from(most.max(1));
    i64::try_from(height).unwrap_or(HALF).clamp(1, HALF)
}

/// A row of a bar plot whose bars lie.
pub struct Level {
    /// What it is.
    pub name: &'static str,
    /// How much, as people read it.
    pub text: String,
    /// How wide its bar is.
    width: i64,
    y: i64,
}

/// Figures side by side, each a bar with its number.
#[derive(Template)]
#[template(path = "parts/levels.html")]
pub struct LevelsPlot {
    label: &'static str,
    height: i64,
    levels: Vec<Level>,
}

impl HtmlSafe for LevelsPlot {}

impl LevelsPlot {
    /// Of names, numbers and how those are read; the longest bar is the largest number.
    pub fn of(label: &'static str, figures: Vec<(&'static str, u64, String)>) -> Self {
        let most = figures.iter().map(|(_, number, _)| *number).max().unwrap_or(1).max(1);
        let room = u64::try_from(WIDTH - 260).unwrap_or(1);
        let level = |(place, (name, number, text)): (i64, (&'static str, u64, String))| Level {
            name,
            text,
            width: i64::try_from(u128::from(number) * u128::from(room) / u128::from(most))
                .unwrap_or(1)
                .max(1),
            y: place * 34 + 6,
        };
        let levels: Vec<Level> = (0..).zip(figures).map(level).collect();
        let height = i64::try_from(levels.len()).unwrap_or(1) * 34 + 6;
        Self { label, height, levels }
    }
}
