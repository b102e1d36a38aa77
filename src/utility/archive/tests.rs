use std::fs;

use super::*;
use crate::utility::tests::{Tried, object, text};
use crate::value::{Type, Value};

fn string(text: &str) -> Value {
    Value::string(text)
}

/// The names, permissions and contents of an archive.
fn unpacked(path: &str) -> Vec<(String, u32, String)> {
    let mut archive = ::zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    let count = archive.len();
    let entry = |at| {
        let mut file = archive.by_index(at).unwrap();
        let content = std::io::read_to_string(&mut file).unwrap();
        (file.name().unwrap().to_string(), file.unix_mode().unwrap() & 0o777, content)
    };
    (0..count).map(entry).collect()
}

/// The same of a tar archive in gzip.
fn unpacked_tar(path: &str) -> Vec<(String, u32, String)> {
    let file = flate2::read::GzDecoder::new(fs::File::open(path).unwrap());
    let mut archive = tar::Archive::new(file);
    let entry = |entry: std::io::Result<tar::Entry<'_, _>>| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_str().unwrap().to_string();
        let mode = entry.header().mode().unwrap();
        (name, mode, std::io::read_to_string(&mut entry).unwrap())
    };
    archive.entries().unwrap().map(entry).collect()
}

#[tokio::test]
async fn a_folder_is_packed_without_what_is_excluded() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    fs::create_dir_all(path("in/b/c")).unwrap();
    for (name, content) in [("a.txt", "1"), ("b/d.txt", "2"), ("b/c/e.txt", "3"), ("x.log", "4")] {
        fs::write(path(&format!("in/{name}")), content).unwrap();
    }
    let given = object([
        ("type", string("zip")),
        ("source_dir", string(&path("in"))),
        ("output_path", string(&path("out/a.zip"))),
        ("output_file_mode", string("0600")),
        ("excludes", Value::set(Type::String, [string("*.log"), string("b/c")])),
    ]);
    let read = Tried::data(&SOURCE, &given).await;
    let all = unpacked(&path("out/a.zip"));
    let expected = [("a.txt", "1"), ("b/d.txt", "2")];
    assert_eq!(all, expected.map(|(name, text)| (name.into(), 0o600, text.into())));
    let bytes = fs::read(path("out/a.zip")).unwrap();
    assert_eq!(read.get("output_size"), Value::number(i64::try_from(bytes.len()).unwrap()));
    let again = Tried::data(&SOURCE, &given).await;
    assert_eq!(again, read);
    let tar = given.clone().with("type", string("tar.gz"));
    let read = Tried::data(&SOURCE, &tar).await;
    assert_eq!(unpacked_tar(&path("out/a.zip")), all);
    assert_eq!(Tried::data(&SOURCE, &tar).await, read);
    fs::create_dir(path("empty")).unwrap();
    let empty = given.with("source_dir", string(&path("empty")));
    assert!(Tried::try_data(&SOURCE, &empty).await.is_err());
}

#[tokio::test]
async fn the_resource_follows_what_it_is_made_of() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    fs::write(path("a.txt"), "1").unwrap();
    let given = object([
        ("type", string("zip")),
        ("source_file", string(&path("a.txt"))),
        ("output_path", string(&path("a.zip"))),
    ]);
    let tried = Tried::new(&FILE);
    let made = tried.create(&given).await;
    assert_eq!(unpacked(&path("a.zip"))[0].2, "1");
    assert_eq!(tried.read(&made).await, made);
    assert_eq!(tried.replan(&made, &given), Vec::<String>::new());
    fs::write(path("a.txt"), "2").unwrap();
    let now = tried.read(&made).await;
    assert_ne!(text(&now, "output_sha256"), text(&made, "output_sha256"));
    let other = given.clone().with("output_path", string(&path("b.zip")));
    assert_eq!(tried.replan(&made, &other), ["replace output_path"]);
}

#[tokio::test]
async fn texts_are_packed_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a.zip").to_str().unwrap().to_string();
    let given = object([
        ("type", string("zip")),
        ("source_content", string("hello")),
        ("source_content_filename", string("dir/b.txt")),
        ("output_path", string(&out)),
    ]);
    Tried::data(&SOURCE, &given).await;
    assert_eq!(unpacked(&out), [("dir/b.txt".to_string(), 0o644, "hello".to_string())]);
}

#[tokio::test]
async fn links_are_followed_unless_they_lead_to_folders_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
    fs::create_dir_all(path("in")).unwrap();
    fs::create_dir_all(path("other/deep")).unwrap();
    for (name, content) in [("in/a", "1"), ("other/b", "2"), ("other/deep/c", "3"), ("in/z", "4")] {
        fs::write(path(name), content).unwrap();
    }
    std::os::unix::fs::symlink(path("other"), path("in/link")).unwrap();
    std::os::unix::fs::symlink(path("other/b"), path("in/m")).unwrap();
    let given = object([
        ("type", string("zip")),
        ("source_dir", string(&path("in"))),
        ("output_path", string(&path("a.zip"))),
        ("excludes", Value::set(Type::String, [string("**/deep/**")])),
    ]);
    let names = || unpacked(&path("a.zip")).into_iter().map(|it| it.0).collect::<Vec<_>>();
    Tried::data(&SOURCE, &given).await;
    assert_eq!(names(), ["a", "link/b", "m", "z"]);
    let without = given.clone().with("exclude_symlink_directories", Value::Bool(true));
    Tried::data(&SOURCE, &without).await;
    assert_eq!(names(), ["a", "m", "z"]);
    std::os::unix::fs::symlink(path("in"), path("in/circle")).unwrap();
    let error = Tried::try_data(&SOURCE, &given).await.unwrap_err();
    assert!(error.message.contains("circle"), "{error}");
}

#[tokio::test]
async fn of_texts_of_the_same_name_one_is_packed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a").to_str().unwrap().to_string();
    let source = |name: &str, content: &str| {
        Value::object([("filename", string(name)), ("content", string(content))])
    };
    let sources = [source("b", "1"), source("a", "2"), source("b", "3")];
    let sources = Value::set(sources[0].ty(), sources);
    let given = object([("output_path", string(&out)), ("source", sources)]);
    let packed = [("a", "2"), ("b", "3")].map(|(name, it)| (name.into(), 0o644, it.into()));
    Tried::data(&SOURCE, &given.clone().with("type", string("zip"))).await;
    assert_eq!(unpacked(&out), packed);
    Tried::data(&SOURCE, &given.with("type", string("tar.gz"))).await;
    assert_eq!(unpacked_tar(&out), packed);
}
