//! A data folder with the key and the compiled components of a first start, so that the
//! starts after it need not compile them.

use std::path::{Path, PathBuf};

use assay::app::App;
use assay::config::Settings;
use tempfile::TempDir;
use tokio::sync::OnceCell;

static FIRST: OnceCell<(PathBuf, Option<TempDir>)> = OnceCell::const_new();

/// A folder in which they are kept from one process to the next.
const KEPT_IN: &str = "ASSAY_TEST_FURNITURE";

/// Puts them into a folder that is to be.
///
/// # Panics
/// Where the machine has no room for it.
pub async fn furnish(data: &Path) {
    let (first, _) = FIRST.get_or_init(first_start).await;
    std::fs::create_dir_all(data.join("compiled")).expect("a folder");
    std::fs::copy(first.join("host.key"), data.join("host.key")).expect("the key is copied");
    for entry in std::fs::read_dir(first.join("compiled")).expect("compiled components") {
        let from = entry.expect("an entry").path();
        let name = from.file_name().expect("a name").to_owned();
        match std::fs::copy(&from, data.join("compiled").join(name)) {
            // A file that was being written when the first house stopped has its name by now.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            copied => drop(copied.expect("a component is copied")),
        }
    }
}

async fn first_start() -> (PathBuf, Option<TempDir>) {
    let kept = std::env::var_os(KEPT_IN).map(PathBuf::from);
    let folder =
        kept.is_none().then(|| TempDir::new().expect("the machine has a folder for temporary files"));
    let data = kept.or_else(|| Some(folder.as_ref()?.path().join("first"))).expect("one of the two");
    let settings = Settings { program: None, ..Settings::in_folder(&data) };
    let app = App::start(settings).await.expect("a first start");
    app.prepare_builtins().await.expect("the components compile");
    app.stop().await;
    (data, folder)
}
