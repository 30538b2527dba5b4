//! A data folder with the key and the compiled components of a first start, so that the
//! starts after it need not compile them.

use std::path::Path;

use assay::app::App;
use assay::config::Settings;
use tempfile::TempDir;
use tokio::sync::OnceCell;

static FIRST: OnceCell<TempDir> = OnceCell::const_new();

/// Puts them into a folder that is to be.
pub(crate) async fn furnish(data: &Path) {
    let first = FIRST.get_or_init(first_start).await.path().join("first");
    std::fs::create_dir_all(data.join("compiled")).expect("a folder");
    std::fs::copy(first.join("host.key"), data.join("host.key")).expect("the key is copied");
    for entry in std::fs::read_dir(first.join("compiled")).expect("compiled components") {
        let from = entry.expect("an entry").path();
        let name = from.file_name().expect("a name").to_owned();
        std::fs::copy(&from, data.join("compiled").join(name)).expect("a component is copied");
    }
}

async fn first_start() -> TempDir {
    let folder = TempDir::new().expect("the machine has a folder for temporary files");
    let data = folder.path().join("first");
    let app = App::start(Settings::in_folder(&data)).await.expect("a first start");
    app.prepare_builtins().await.expect("the components compile");
    app.stop().await;
    folder
}
