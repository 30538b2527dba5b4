//! Files of deliveries: brought by their worker, kept under their digest, read by the
//! judges and by those the delivery is for.

use std::collections::HashMap;
use std::sync::Arc;

use assay_db::entities::packages::{DeliveryFileRow, UploadRow};
use assay_db::{Change, Key, Record as _, Reply, Write, list};
use assay_domain::ids::{PartyId, Timestamp};
use assay_domain::refusal::{Code, Refusal};
use assay_sandbox::{Attachments, Digest};

use super::deliveries::Delivery;
use super::judging::Attachment;
use super::{Answer, App, Ask, Caller};
use crate::error::Error;

/// Bytes on their way in.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// The digest they must have, lower-case hexadecimal.
    pub sha256: String,
    /// What they are, as the uploader says.
    pub media_type: String,
    /// The bytes.
    pub bytes: Arc<[u8]>,
}

/// What is kept about bytes that somebody brought.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Lower-case hexadecimal.
    pub sha256: String,
    /// As the uploader said.
    pub media_type: String,
    /// How many bytes.
    pub size_bytes: i64,
    /// When they were brought.
    pub created_at: Timestamp,
    /// Whether this request brought them.
    pub is_new: bool,
}

/// Bytes on their way out.
#[derive(Clone, Debug)]
pub struct File {
    /// What to call the file.
    pub name: String,
    /// What it is, as its worker says.
    pub media_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Uploads of a party under one digest, by the party or an agent of it.
const BROUGHT: &str = "sha256 = $1 and (party = $2 or party in (select id from parties where owner = $2)) \
                       order by created_at limit 1";
/// Deliveries to a poster, or to an agent of it, whose worker brought the bytes.
const DELIVERED: &str = "sha256 = $1 and worker in (select party from uploads where sha256 = $1) and task in \
                         (select id from tasks where poster = $2 or poster in \
                         (select id from parties where owner = $2)) order by delivery desc limit 1";

impl App {
    /// Keeps bytes under their digest. The same bytes again are no further upload.
    pub async fn keep_file(
        &self,
        ask: &Ask,
        file: &NewFile,
        render: fn(&Kept) -> Reply,
    ) -> Result<Answer, Error> {
        let found = Digest::of(&file.bytes).hex();
        if found != file.sha256 {
            let message = format!("is not the digest of these bytes, which is {found}");
            return Err(Refusal::field("sha256", message).into());
        }
        let party = ask.caller.party;
        self.settle(ask.once.as_ref(), || async move {
            if let Some(row) = self.upload_of(party, &file.sha256).await? {
                return Ok(Change::new().reply(move |_| render(&Kept::of(&row, false))));
            }
            let size_bytes = i64::try_from(file.bytes.len()).unwrap_or(i64::MAX);
            let row = UploadRow {
                party: party.to_string(),
                sha256: file.sha256.clone(),
                media_type: file.media_type.clone(),
                size_bytes,
                created_at: self.now().0,
            };
            let most = self.settings.limits.attachment_bytes_per_day_max;
            let full = format!("{most} bytes of files a day (UTC) are the most: come back tomorrow");
            let day = Key::counter(format!("files/{party}/{}", self.now().utc_day()));
            let change = Change::new()
                .add_up_to(day, size_bytes, most, Refusal::new(Code::QuotaExhausted, full))
                .blob(&file.sha256, file.bytes.to_vec())
                .row(row.clone().upsert());
            Ok(change.reply(move |_| render(&Kept::of(&row, true))))
        })
        .await
    }

    /// The bytes under a digest, for whoever brought them, for the poster of a delivery of
    /// theirs that names them, for the owners of both, and for the operator.
    pub async fn file(&self, caller: &Caller, sha256: &str) -> Result<File, Error> {
        let unknown = || Refusal::not_found("file");
        let read = self.db.read();
        let values = [sha256.into(), caller.party.to_string().into()];
        let brought = if caller.is_operator() {
            read.one::<UploadRow>("sha256 = $1 order by created_at limit 1", &values[..1]).await?
        } else {
            read.one::<UploadRow>(BROUGHT, &values).await?
        };
        let delivered = read.one::<DeliveryFileRow>(DELIVERED, &values).await?;
        let (name, media_type) = match (delivered, brought) {
            (Some(row), _) => (row.name, row.media_type),
            (None, Some(row)) => (row.sha256, row.media_type),
            (None, None) => return Err(unknown().into()),
        };
        let bytes = read.blob(sha256).await?.ok_or_else(unknown)?;
        Ok(File { name, media_type, bytes })
    }

    async fn upload_of(&self, party: PartyId, sha256: &str) -> Result<Option<UploadRow>, Error> {
        let values = [party.to_string().into(), sha256.into()];
        Ok(self.db.read().one::<UploadRow>("party = $1 and sha256 = $2", &values).await?)
    }

    /// The bytes of a worker's attachments that this house held when they were delivered,
    /// for the judges, whenever they are asked. Others are metadata alone.
    pub(crate) async fn held_files(
        &self,
        worker: PartyId,
        attachments: &[Attachment],
        delivered_at: Timestamp,
    ) -> Result<Attachments, Error> {
        if attachments.is_empty() {
            return Ok(Attachments::none());
        }
        let digests = list(attachments.iter().map(|file| file.sha256.as_str()));
        let values = [worker.to_string().into(), digests, delivered_at.0.into()];
        let tail = "party = $1 and sha256 in_list($2) and created_at <= $3";
        let rows = self.db.read().many::<UploadRow>(tail, &values).await?;
        let held: HashMap<&str, i64> = rows.iter().map(|row| (row.sha256.as_str(), row.size_bytes)).collect();
        self.check_held(attachments, &held)?;
        let mut files = Vec::with_capacity(held.len());
        for sha256 in held.keys() {
            let gone = || Error::Internal(format!("the bytes of {sha256} are gone"));
            let bytes = self.db.read().blob(sha256).await?.ok_or_else(gone)?;
            let digest: Digest = format!("sha256:{sha256}").parse().map_err(|_| gone())?;
            files.push((digest, Arc::from(bytes)));
        }
        Ok(files.into_iter().collect())
    }

    fn check_held(&self, attachments: &[Attachment], held: &HashMap<&str, i64>) -> Result<(), Refusal> {
        for (at, file) in attachments.iter().enumerate() {
            let size = held.get(file.sha256.as_str()).map(|size| size.unsigned_abs());
            if size.is_some_and(|size| size != file.size_bytes) {
                let message =
                    format!("is not the size of these bytes, which is {}", size.unwrap_or_default());
                return Err(Refusal::field(format!("attachments[{at}].size_bytes"), message));
            }
        }
        let (total, most) = (held.values().sum::<i64>(), self.settings.limits.attachments_bytes_max);
        if total > most {
            let message = format!("have {total} bytes together, at most {most} allowed");
            return Err(Refusal { code: Code::TooLarge, ..Refusal::field("attachments", message) });
        }
        Ok(())
    }
}

/// What finds a delivery by the files it names.
pub(crate) fn file_rows(delivery: &Delivery) -> Vec<Write> {
    let row = |(place, file): (i64, &Attachment)| {
        DeliveryFileRow {
            delivery: delivery.id.to_string(),
            place,
            sha256: file.sha256.clone(),
            task: delivery.task.to_string(),
            worker: delivery.worker.to_string(),
            name: file.name.clone(),
            media_type: file.media_type.clone(),
        }
        .upsert()
    };
    (0..).zip(&delivery.body.attachments).map(row).collect()
}

impl Kept {
    fn of(row: &UploadRow, is_new: bool) -> Self {
        Self {
            sha256: row.sha256.clone(),
            media_type: row.media_type.clone(),
            size_bytes: row.size_bytes,
            created_at: Timestamp(row.created_at),
            is_new,
        }
    }
}
