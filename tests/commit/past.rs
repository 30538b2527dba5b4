//! A way past the commit path, to plant damage and see it found. The server has none.

use assay_db::Place;
use sqlx::any::install_default_drivers;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

/// Runs statements on a connection of its own.
pub(crate) async fn execute(place: &Place, statements: &str) -> Result<(), sqlx::Error> {
    install_default_drivers();
    let url = match place {
        Place::Folder(folder) => format!("sqlite://{}", folder.join("assay.db").display()),
        Place::Server(url) => url.clone(),
    };
    let mut connection = AnyConnection::connect(&url).await?;
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await?;
    connection.close().await
}
