//! A form with a file, read part by part.

use std::sync::Arc;

use assay_domain::refusal::{Code, Refusal};
use axum::body::Bytes;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse as _, Response};

use super::super::problem::Problem;
use super::form::{TOKEN, Typed, known};
use super::session::{Nobody, Person};
use crate::app::App;

/// Room for what a form says beside its file.
const WORDS_BYTES: usize = 64 * 1024;

/// A form that somebody sent with a file, who is signed in.
pub struct FileForm {
    /// Who sent it.
    pub person: Person,
    /// What they typed.
    pub typed: Typed,
    /// The file's bytes; nothing when none was chosen.
    pub file: Option<Bytes>,
}

impl FromRequest<Arc<App>> for FileForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let person = <Person as FromRequestParts<Arc<App>>>::from_request_parts(&mut parts, app).await;
        let person = person.map_err(Nobody::into_response)?;
        let headers = parts.headers.clone();
        let mut request = Request::from_parts(parts, body);
        DefaultBodyLimit::max(app.settings.limits.component_bytes_max + WORDS_BYTES).apply(&mut request);
        let refused = |refusal: Refusal| Problem::from(refusal).into_response();
        let no_form = |_| refused(Refusal::new(Code::InvalidField, "this is no form with a file"));
        let mut multipart = Multipart::from_request(request, app).await.map_err(no_form)?;
        let (mut typed, mut file) = (Typed::default(), None);
        while let Some(field) = multipart.next_field().await.map_err(|error| refused(broken(&error)))? {
            let name = field.name().unwrap_or_default().to_owned();
            let is_file = field.file_name().is_some();
            // The token stands before the file, so that nobody else's file is read at all.
            if is_file {
                known(&headers, typed.get(TOKEN)).map_err(refused)?;
            }
            let bytes = field.bytes().await.map_err(|error| refused(broken(&error)))?;
            if is_file {
                file = (!bytes.is_empty()).then_some(bytes);
            } else {
                typed.add(name, String::from_utf8_lossy(&bytes).replace("\r\n", "\n"));
            }
        }
        known(&headers, typed.get(TOKEN)).map_err(refused)?;
        Ok(Self { person, typed, file })
    }
}

fn broken(error: &MultipartError) -> Refusal {
    if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        return Refusal::new(Code::TooLarge, "the file is larger than any component that is taken here");
    }
    Refusal::new(Code::InvalidField, "the form could not be read to its end: send it again")
}
