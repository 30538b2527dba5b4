//! A statement as a file for a spreadsheet.

use std::collections::HashMap;

use assay_domain::ids::Timestamp;
use assay_domain::money;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use crate::app::statements::Line;
use crate::clock::rfc3339;
use crate::error::Error;

const COLUMNS: [&str; 11] = [
    "created_at",
    "type",
    "direction",
    "amount",
    "currency",
    "running_balance",
    "pocket",
    "counterparty",
    "task_id",
    "task_title",
    "id",
];

/// The file, in the lines' order.
pub(super) fn response(lines: &[Line], titles: &HashMap<String, String>) -> Result<Response, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| Error::Internal(format!("a statement cannot be written: {error}"));
    writer.write_record(COLUMNS).map_err(failed)?;
    for line in lines {
        writer.write_record(cells(line, titles)).map_err(failed)?;
    }
    let bytes = writer.into_inner();
    let bytes = bytes.map_err(|error| Error::Internal(format!("a statement cannot be written: {error}")))?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    let name = HeaderValue::from_static("attachment; filename=\"statement.csv\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

fn cells(line: &Line, titles: &HashMap<String, String>) -> [String; 11] {
    let task = line.task.clone().unwrap_or_default();
    let title = titles.get(&task).cloned().unwrap_or_default();
    [
        rfc3339(Timestamp(line.at)),
        line.reason.clone(),
        if line.delta < 0 { "debit" } else { "credit" }.to_owned(),
        money::format(line.asset, line.delta.saturating_abs()),
        line.asset.code().to_owned(),
        money::format(line.asset, line.balance),
        line.pocket.clone(),
        line.other.clone(),
        task,
        title,
        line.id.clone(),
    ]
    .map(|cell| harmless(&cell))
}

/// A text that no spreadsheet takes for a formula: titles are other people's words.
fn harmless(text: &str) -> String {
    let formula = text.trim_start().starts_with(['=', '+', '-', '@']) || text.starts_with(['\t', '\r', '\n']);
    if formula { format!("'{text}") } else { text.to_owned() }
}
