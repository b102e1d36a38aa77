use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::utility::tests::{Tried, object, text};
use crate::value::Value;

fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).to_str().unwrap().to_string()
}

#[tokio::test]
async fn a_file_is_written_with_the_folders_around_it() {
    let folder = tempfile::tempdir().unwrap();
    let name = path(&folder, "a/b/c.txt");
    let given = object([
        ("filename", Value::string(&name)),
        ("content", Value::string("hello")),
        ("file_permission", Value::string("0640")),
        ("directory_permission", Value::string("0750")),
    ]);
    let tried = Tried::new(&FILE);
    let made = tried.create(&given).await;
    assert_eq!(std::fs::read_to_string(&name).unwrap(), "hello");
    let mode = |path: &str| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&name), mode(&path(&folder, "a"))), (0o640, 0o750));
    assert_eq!(text(&made, "id"), "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d");
    assert_eq!(text(&made, "content_md5"), "5d41402abc4b2a76b9719d911017c592");
    assert_eq!(tried.read(&made).await, made);
    assert_eq!(tried.replan(&made, &given), Vec::<String>::new());
    let other = given.clone().with("content", Value::string("bye"));
    assert_eq!(tried.replan(&made, &other), ["replace content"]);
    std::fs::write(&name, "changed").unwrap();
    assert_eq!(tried.look(&made).await, None);
    tried.delete(&made).await;
    tried.delete(&made).await;
    assert!(!Path::new(&name).exists());
    assert_eq!(tried.look(&made).await, None);
}

#[tokio::test]
async fn a_sensitive_file_takes_base64_or_another_file() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (path(&folder, "1"), path(&folder, "2"));
    let tried = Tried::new(&SENSITIVE_FILE);
    let given =
        object([("filename", Value::string(&first)), ("content_base64", Value::string("AP8="))]);
    let made = tried.create(&given).await;
    assert_eq!(std::fs::read(&first).unwrap(), [0, 255]);
    assert_eq!(text(&made, "file_permission"), "0700");
    let given = object([("filename", Value::string(&second)), ("source", Value::string(&first))]);
    tried.create(&given).await;
    assert_eq!(std::fs::read(&second).unwrap(), [0, 255]);
    let wrong = given.with("source", Value::string(path(&folder, "none")));
    assert!(tried.try_create(&wrong).await.is_err());
}

#[tokio::test]
async fn files_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let name = path(&folder, "x");
    std::fs::write(&name, [b'a', 255]).unwrap();
    let given = object([("filename", Value::string(&name))]);
    for source in [&FILE_SOURCE as &'static dyn AnySource, &SENSITIVE_FILE_SOURCE] {
        let read = Tried::data(source, &given).await;
        assert_eq!(text(&read, "content"), "a\u{fffd}");
        assert_eq!(text(&read, "content_base64"), "Yf8=");
    }
    let missing = object([("filename", Value::string(path(&folder, "none")))]);
    let error = Tried::try_data(&FILE_SOURCE, &missing).await.unwrap_err();
    assert!(error.message.contains("cannot be read"), "{error}");
}
