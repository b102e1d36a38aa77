//! Modules from registries, git repositories, archives and other folders.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value as Json, json};

use crate::support::host::{Host, tarred, zipped};
use crate::support::terrace::Terrace;

const NET: &str = "acme/net/aws";

/// A registry with the module `acme/net/aws` in some versions. Its output says which one it is.
fn registry(versions: &[&str]) -> Host {
    let host = Host::new();
    publish(&host, versions);
    host
}

fn publish(host: &Host, versions: &[&str]) {
    let listed: Vec<Json> = versions.iter().map(|it| json!({ "version": it })).collect();
    let listed = json!({ "modules": [{ "versions": listed }] }).to_string();
    host.put(&format!("/v1/{NET}/versions"), 200, &[], listed);
    for version in versions {
        let get = format!("x-terraform-get: /packages/{version}.zip//net");
        host.put(&format!("/v1/{NET}/{version}/download"), 204, &[&get], "");
        let text = output(version);
        let files = [("net/main.tf", text.as_str()), ("net/modules/sub/main.tf", &text)];
        host.put(&format!("/packages/{version}.zip"), 200, &[], zipped(&files));
    }
}

fn output(value: &str) -> String {
    format!("output \"it\" {{\n  value = \"{value}\"\n}}\n")
}

fn call(source: &str, more: &str) -> String {
    format!(
        "module \"m\" {{\n  source = \"{source}\"\n  {more}\n}}\noutput \"it\" {{\n  \
         value = module.m.it\n}}\n"
    )
}

/// A stack that calls a module; its command line configuration says where the registry is.
fn stack(host: &Host, source: &str, more: &str) -> Terrace {
    let services = format!("  services = {{ \"modules.v1\" = \"{}/v1\" }}\n", host.url);
    let hosts = format!("host \"registry.opentofu.org\" {{\n{services}}}\n");
    Terrace::sandbox(&[("main.tf", &call(source, more)), (".tofurc", &hosts)])
}

/// What the module of a stack says, once it has been fetched.
fn said(stack: &Terrace) -> String {
    stack.ok(&["apply", "-auto-approve"]);
    stack.ok(&["output", "-raw", "it"]).stdout
}

/// What a command that fails says, as one line.
fn fails(stack: &Terrace, arguments: &[&str]) -> String {
    let said = stack.fails(arguments);
    let words: Vec<&str> = said.split_whitespace().filter(|it| *it != "|" && *it != "│").collect();
    words.join(" ")
}

fn assert_has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

fn lock(stack: &Terrace) -> Json {
    serde_json::from_str(&stack.read(".terrace.lock.json")).unwrap()
}

#[test]
fn a_registry_gives_the_newest_version_that_fits() {
    let host = registry(&["1.0.0", "1.10.0", "1.9.0", "1.11.0-rc1", "2.0.0"]);
    let stack = stack(&host, NET, "version = \"~> 1.0\"");
    assert_has(&fails(&stack, &["plan"]), &["Module not fetched", "terrace init"]);
    assert_has(&fails(&stack, &["validate"]), &["Module not fetched", "terrace init"]);
    let told = stack.ok(&["init"]).stderr;
    assert_has(&told, &["registry.opentofu.org/acme/net/aws 1.10.0 for module.m"]);
    host.clear();
    assert_eq!(said(&stack), "1.10.0");
    stack.ok(&["validate"]);
    let manifest: Json =
        serde_json::from_str(&stack.read(".terrace/modules/modules.json")).unwrap();
    let record = json!({
        "Key": "m", "Source": "registry.opentofu.org/acme/net/aws", "Version": "1.10.0",
        "Dir": ".terrace/modules/m/net",
    });
    assert_eq!(manifest, json!({ "Modules": [record] }));
    let hash = lock(&stack)["modules"]["registry.opentofu.org/acme/net/aws"]["1.10.0"].clone();
    assert!(hash.as_str().unwrap().starts_with("sha256:"), "{hash}");
    stack.ok(&["init"]);
    stack.ok(&["plan", "-out=saved"]);
    stack.ok(&["apply", "saved"]);
}

#[test]
fn the_lock_file_holds_versions_and_contents() {
    let host = registry(&["1.0.0", "1.1.0"]);
    let stack = stack(&host, NET, "version = \"~> 1.0\"");
    stack.ok(&["get"]);
    publish(&host, &["1.0.0", "1.1.0", "1.2.0"]);
    fs::remove_dir_all(stack.path(".terrace/modules")).unwrap();
    stack.ok(&["init"]);
    assert_eq!(said(&stack), "1.1.0");
    stack.ok(&["init", "-upgrade"]);
    assert_eq!(said(&stack), "1.2.0");
    let versions = lock(&stack)["modules"]["registry.opentofu.org/acme/net/aws"].clone();
    assert_eq!(versions.as_object().unwrap().keys().collect::<Vec<_>>(), ["1.2.0"]);

    stack.write(".terrace/modules/m/net/main.tf", &output("changed"));
    for command in ["plan", "validate"] {
        let told = fails(&stack, &[command]);
        assert_has(&told, &["Module differs from the lock file", "terrace init"]);
    }
    stack.ok(&["init"]);
    assert_eq!(said(&stack), "1.2.0");

    let other = zipped(&[("net/main.tf", &output("another 1.2.0"))]);
    host.put("/packages/1.2.0.zip", 200, &[], other);
    fs::remove_dir_all(stack.path(".terrace/modules")).unwrap();
    let told = fails(&stack, &["init"]);
    assert_has(&told, &["now has the hash sha256:", "terrace init -upgrade"]);
    stack.ok(&["init", "-upgrade"]);
    assert_eq!(said(&stack), "another 1.2.0");
}

#[test]
fn a_changed_call_needs_init_and_leaves_nothing_behind() {
    let host = registry(&["1.0.0", "2.0.0"]);
    let stack = stack(&host, NET, "version = \"1.0.0\"");
    stack.ok(&["init"]);
    stack.write("main.tf", &call(NET, "version = \"2.0.0\""));
    let told = fails(&stack, &["plan"]);
    assert_has(&told, &["must have a version `2.0.0`; version 1.0.0 has been fetched"]);
    stack.write("main.tf", &call("acme/net/aws//modules/sub", "version = \"2.0.0\""));
    assert_has(&fails(&stack, &["plan"]), &["Module source changed"]);
    assert_has(&fails(&stack, &["init", "-get=false"]), &["Module source changed"]);
    stack.ok(&["init"]);
    assert_eq!(said(&stack), "2.0.0");
    let twice = format!("{}{}", call(NET, ""), call("acme/net/aws//modules/sub", ""));
    let twice = twice.replacen("\"m\"", "\"n\"", 1).replacen("\"it\"", "\"other\"", 1);
    stack.write("main.tf", &twice.replacen("module.m.it", "module.n.it", 1));
    stack.ok(&["init"]);
    assert_eq!(host.requests("/packages/2.0.0.zip").len(), 1);
    stack.write("main.tf", &output("local"));
    stack.ok(&["init"]);
    let left: Vec<_> = fs::read_dir(stack.path(".terrace/modules")).unwrap().flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(lock(&stack)["modules"], json!({}));
}

#[test]
fn what_a_registry_does_not_have_is_said() {
    let host = registry(&["0.9.0", "1.0.0", "1.1.0", "1.2.0", "1.3.0", "3.0.0", "3.1.0-rc1"]);
    let told = |source: &str, more: &str| fails(&stack(&host, source, more), &["init"]);
    assert_has(
        &told(NET, "version = \"~> 2.0\""),
        &[
            "No such version",
            "no version of acme/net/aws meets `~> 2.0`",
            "The nearest are 3.1.0-rc1, 3.0.0, 1.3.0, 1.2.0, 1.1.0.",
        ],
    );
    assert_has(
        &told("acme/nothing/aws", ""),
        &["registry.opentofu.org has no module acme/nothing"],
    );
    let missing = told("acme/net/aws//modules/x", "");
    assert_has(&missing, &["Module folder missing", "no folder `net/modules/x`", "`net`"]);
    assert_has(&told(NET, "version = \"=> 1\""), &["`=> 1` is no version constraint"]);
    assert_has(&told("github.com/a/b", "version = \"1.0\""), &["Only modules of a registry have"]);
    assert_has(&told("./a", "version = \"1.0\""), &["A module in a local folder has no versions"]);
    assert_has(&told("modules/a", ""), &["is no address of a module", "neither a local folder"]);
    let exact = stack(&host, NET, "version = \"3.1.0-rc1\"");
    exact.ok(&["init"]);
    assert_eq!(said(&exact), "3.1.0-rc1");
}

#[test]
fn tokens_go_to_the_registry_only() {
    let host = registry(&["1.0.0"]);
    let mut stack = stack(&host, NET, "");
    stack.set("TF_TOKEN_registry_opentofu_org", "secret");
    stack.ok(&["init"]);
    let [versions] = &host.requests("/v1/acme/net/aws/versions")[..] else { panic!("not asked") };
    assert!(versions.contains("authorization: bearer secret"), "{versions}");
    let [package] = &host.requests("/packages/1.0.0.zip")[..] else { panic!("not asked") };
    assert!(!package.contains("authorization"), "{package}");

    let own = json!({ "location": "/packages/1.0.0.zip", "use_registry_credentials": true });
    host.put(&format!("/v1/{NET}/1.0.0/download"), 200, &[], own.to_string());
    stack.write("main.tf", &call("acme/net/aws//net", ""));
    stack.ok(&["init", "-upgrade"]);
    assert!(host.requests("/packages/1.0.0.zip")[1].contains("authorization: bearer secret"));
    assert_eq!(said(&stack), "1.0.0");
}

#[test]
fn without_a_network_a_mirror_has_modules() {
    let mut stack = Terrace::sandbox(&[("main.tf", &call(NET, "version = \">= 1.0\""))]);
    stack.set("HTTPS_PROXY", "http://127.0.0.1:9");
    let told = fails(&stack, &["init"]);
    assert_has(&told, &["registry.opentofu.org cannot be reached", "TERRACE_MODULE_MIRROR"]);
    for version in ["1.0.0", "1.5.0"] {
        stack.write(&format!("mirror/{NET}/{version}/main.tf"), &output(version));
    }
    let mirror = stack.path("mirror").display().to_string();
    stack.set("TERRACE_MODULE_MIRROR", &mirror);
    stack.ok(&["init"]);
    assert_eq!(said(&stack), "1.5.0");
}

#[test]
fn archives_are_fetched_and_checked() {
    let host = Host::new();
    let url = &host.url;
    let files = [("top/main.tf", "module \"in\" {\n  source = \"../in\"\n}\n"), ("in/main.tf", "")];
    let files = [files[0], files[1], ("top/it.tf", "output \"it\" {\n  value = \"tar\"\n}\n")];
    host.put("/m.tar.gz", 200, &[], tarred(&files));
    let one = stack(&host, &format!("{url}/m.tar.gz//top"), "");
    one.ok(&["init"]);
    assert_eq!(said(&one), "tar");

    let bytes = zipped(&[("main.tf", &output("zip"))]);
    let sum = sha256(&bytes);
    host.put("/plain", 200, &[], bytes);
    let checked =
        |sum: &str| stack(&host, &format!("{url}/plain?archive=zip&checksum=sha256:{sum}"), "");
    let good = checked(&sum);
    good.ok(&["init"]);
    assert_eq!(said(&good), "zip");
    let wrong = fails(&checked(&"0".repeat(64)), &["init"]);
    assert_has(&wrong, &["Wrong checksum", &sum]);

    let meta = "<html><head><meta name=\"terraform-get\" content=\"/plain?archive=zip\"></head>";
    host.put("/page?terraform-get=1", 200, &["content-type: text/html"], meta);
    let page = stack(&host, &format!("{url}/page"), "");
    page.ok(&["init"]);
    assert_eq!(said(&page), "zip");

    host.put("/moved.zip", 302, &[&format!("location: {url}/plain")], "");
    let moved = stack(&host, &format!("{url}/moved.zip"), "");
    moved.ok(&["init"]);
    assert_eq!(said(&moved), "zip");

    moved.write(".netrc", "machine 127.0.0.1 login me password secret\n");
    moved.ok(&["init", "-upgrade"]);
    let [_, with_name] = &host.requests("/moved.zip")[..] else { panic!("not asked twice") };
    assert!(with_name.contains("authorization: basic bwu6c2vjcmv0"), "{with_name}");

    let told = |path: &str| fails(&stack(&host, &format!("{url}{path}"), ""), &["init"]);
    host.put("/own?terraform-get=1", 204, &["x-terraform-get: file:///etc"], "");
    assert_has(&told("/own"), &["must not name what is on this machine"]);
    host.put("/slip.zip", 200, &[], zipped(&[("../../../slip.tf", "x")]));
    assert_has(&told("/slip.zip"), &["Dangerous archive", "../../../slip.tf"]);
    host.put("/text?terraform-get=1", 200, &[], "hello");
    assert_has(&told("/text"), &["is no archive", "X-Terraform-Get"]);
    assert_has(&told("/missing.zip"), &["answers with status 404"]);
    host.put("/broken.zip", 200, &[], "PK\x03\x04");
    assert_has(&told("/broken.zip"), &["cannot be unpacked"]);
    assert_has(&told("/m.tar.gz//nowhere"), &["no folder `nowhere`", "`in`, `top`"]);
    assert_has(&told("/m.zip?archive=rar"), &["`archive=rar` is no kind of archive"]);
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A repository with what is committed to it.
struct Repository(tempfile::TempDir);

impl Repository {
    fn new() -> Repository {
        let repository = Repository(tempfile::tempdir().unwrap());
        repository.git(&["init", "-q", "-b", "main"]);
        repository
    }

    fn git(&self, arguments: &[&str]) -> String {
        let user = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"];
        let run =
            Command::new("git").args(user).args(arguments).current_dir(self.0.path()).output();
        let run = run.unwrap();
        assert!(run.status.success(), "{arguments:?} {}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8(run.stdout).unwrap().trim().to_string()
    }

    fn commit(&self, path: &str, text: &str) -> String {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self.git(&["add", "."]);
        self.git(&["commit", "-q", "-m", "x"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// The address of a bare copy, as a server has it.
    fn served(&self) -> String {
        let _ = fs::remove_dir_all(self.0.path().join(".served"));
        self.git(&["clone", "-q", "--bare", ".", ".served"]);
        format!("git::file://{}", self.0.path().join(".served").display())
    }
}

#[test]
fn git_gives_branches_tags_and_commits() {
    let repository = Repository::new();
    let first = repository.commit("modules/a/main.tf", &output("first"));
    repository.git(&["tag", "v1"]);
    repository.commit("modules/a/main.tf", &output("second"));
    repository.git(&["branch", "feature/x"]);
    repository.commit("modules/a/main.tf", &output("third"));
    let url = repository.served();
    for (reference, value) in [
        ("", "third"),
        ("?ref=v1", "first"),
        ("?ref=feature/x", "second"),
        ("?depth=1&ref=main", "third"),
        ("?depth=x", "third"),
        (&format!("?ref={first}"), "first"),
        (&format!("?ref={}", &first[..9]), "first"),
    ] {
        let source = format!("{url}//modules/a{reference}");
        let stack = Terrace::sandbox(&[("main.tf", &call(&source, ""))]);
        stack.ok(&["init"]);
        assert_eq!(said(&stack), value, "{source}");
        assert!(!stack.path(".terrace/modules/m/.git").exists());
    }
    let told =
        |source: &str| fails(&Terrace::sandbox(&[("main.tf", &call(source, ""))]), &["init"]);
    let unknown = told(&format!("{url}//modules/a?ref=v9"));
    assert_has(&unknown, &["has no `v9`", "a branch, a tag"]);
    assert!(!unknown.contains("fatal"), "{unknown}");
    assert_has(&told(&format!("{url}//modules/b")), &["no folder `modules/b`", "`modules/a`"]);
    assert_has(&told("git::file:///nowhere/x.git"), &["git cannot fetch file:///nowhere/x.git"]);
    assert_has(&told(&format!("{url}//a/../../b")), &["leads out of the package"]);
}

#[test]
fn a_branch_that_moved_differs_from_the_lock_file() {
    let repository = Repository::new();
    repository.commit("main.tf", &output("first"));
    let stack = Terrace::sandbox(&[("main.tf", &call(&repository.served(), ""))]);
    stack.ok(&["init"]);
    repository.commit("main.tf", &output("second"));
    repository.served();
    stack.ok(&["init"]);
    assert_eq!(said(&stack), "first");
    fs::remove_dir_all(stack.path(".terrace/modules")).unwrap();
    assert_has(&fails(&stack, &["init"]), &["Module differs from the lock file", "-upgrade"]);
    stack.ok(&["get", "-update"]);
    assert_eq!(said(&stack), "second");
}

#[test]
fn modules_in_packages_stay_in_them_and_have_no_cycles() {
    let repository = Repository::new();
    repository.commit("main.tf", "module \"x\" {\n  source = \"../../..\"\n}\n");
    let url = repository.served();
    let cycle = format!("module \"self\" {{\n  source = \"{url}//inner\"\n}}\n");
    repository.commit("inner/main.tf", &cycle);
    repository.served();
    let told = |source: &str| {
        let text = format!("module \"m\" {{\n  source = \"{source}\"\n}}\n");
        fails(&Terrace::sandbox(&[("main.tf", &text)]), &["init"])
    };
    assert_has(&told(&url), &["`../../..` leads out of the package"]);
    assert_has(&told(&format!("{url}//inner")), &["Module cycle", "would contain itself"]);
}

#[test]
fn what_terraform_or_opentofu_fetched_is_used() {
    let stack = Terrace::sandbox(&[("main.tf", &call(NET, "version = \"~> 1.0\""))]);
    stack.write(".terraform/modules/m/main.tf", &output("theirs"));
    let record = |version: &str| {
        let root = json!({ "Key": "", "Source": "", "Dir": "." });
        let module = json!({
            "Key": "m", "Source": "registry.terraform.io/acme/net/aws", "Version": version,
            "Dir": ".terraform/modules/m",
        });
        json!({ "Modules": [root, module] }).to_string()
    };
    stack.write(".terraform/modules/modules.json", &record("1.4.0"));
    assert_eq!(said(&stack), "theirs");
    stack.ok(&["init"]);
    assert!(!stack.path(".terrace.lock.json").exists());
    stack.write(".terraform/modules/modules.json", &record("2.0.0"));
    assert_has(&fails(&stack, &["plan"]), &["Module version changed"]);
}

const EARLY: &str = r#"
variable "ref" {
  type = string
}
locals {
  url = "URL//modules/a?ref=${var.ref}"
}
module "m" {
  source = local.url
}
module "around" {
  source = "./around"
  url    = format("%s", local.url)
}
output "it" {
  value = "${module.m.it} ${module.around.it}"
}
"#;

const AROUND: &str = "variable \"url\" {}\nmodule \"m\" {\n  source = var.url\n}\n\
                      output \"it\" {\n  value = module.m.it\n}\n";

#[test]
fn sources_may_depend_on_variables() {
    let repository = Repository::new();
    repository.commit("modules/a/main.tf", &output("first"));
    repository.git(&["tag", "v1"]);
    let early = EARLY.replace("URL", &repository.served());
    let stack = Terrace::sandbox(&[("main.tf", &early), ("around/main.tf", AROUND)]);
    let told = fails(&stack, &["init", "-input=false"]);
    assert_has(&told, &["Variable `ref` must be known here", "-var ref="]);
    stack.ok(&["init", "-var", "ref=v1"]);
    stack.write("terraform.tfvars", "ref = \"v1\"\n");
    assert_eq!(said(&stack), "first first");
    stack.ok(&["plan", "-out=saved"]);
    stack.ok(&["apply", "saved"]);
    let changed = fails(&stack, &["plan", "-var", "ref=v2"]);
    assert_has(&changed, &["Module source changed"]);

    let version = call(NET, "version = var.v").replace("module.m.it", "1");
    let host = registry(&["1.0.0", "2.0.0"]);
    let stack = self::stack(&host, NET, "");
    stack.write("main.tf", &format!("variable \"v\" {{\n  default = \"1.0.0\"\n}}\n{version}"));
    stack.ok(&["init"]);
    assert!(Path::new(&stack.path(".terrace/modules/m")).is_dir());
    assert!(lock(&stack).to_string().contains("\"1.0.0\""));

    for (source, problem) in [
        ("terraform_data.x.output", "Value not known early enough"),
        ("var.s", "sensitive or ephemeral"),
        ("local.a", "depends on itself"),
    ] {
        let text = format!(
            "variable \"s\" {{\n  default = \"x\"\n  sensitive = true\n}}\nlocals {{\n  a = local.b\n  \
             b = local.a\n}}\nresource \"terraform_data\" \"x\" {{}}\nmodule \"m\" {{\n  source = \
             {source}\n}}\n"
        );
        assert_has(&fails(&Terrace::sandbox(&[("main.tf", &text)]), &["init"]), &[problem]);
    }
}

#[test]
fn tests_run_modules_that_init_fetched() {
    let host = registry(&["1.0.0", "1.1.0"]);
    let stack = stack(&host, NET, "version = \"1.0.0\"");
    let tests = format!(
        "run \"setup\" {{\n  module {{\n    source = \"{NET}\"\n    version = \"~> 1.1\"\n  }}\n}}\n\
         run \"helped\" {{\n  module {{\n    source = \"./tests/helper\"\n  }}\n}}\n\
         run \"all\" {{\n  assert {{\n    condition = join(\" \", [output.it, run.setup.it, \
         run.helped.it]) == \"1.0.0 1.1.0 1.1.0\"\n    error_message = \"wrong\"\n  }}\n}}\n"
    );
    stack.write("tests/a.tftest.hcl", &tests);
    stack.write("tests/helper/main.tf", &call(NET, ""));
    let run = stack.run(&["test"]);
    assert_eq!(run.code, Some(1), "{}", run.stdout);
    assert_has(&run.stderr, &["Module not fetched", "terrace init"]);
    stack.ok(&["init"]);
    host.clear();
    stack.ok(&["init"]);
    assert_has(&stack.ok(&["test"]).stdout, &["Success! 3 passed, 0 failed."]);
}

#[test]
fn secrets_of_addresses_are_in_no_file_and_no_message() {
    let host = Host::new();
    let address = host.url.replace("http://", "http://u:${var.token}@");
    host.put("/m.zip", 200, &[], zipped(&[("main.tf", &output("one"))]));
    let mut stack = Terrace::sandbox(&[("main.tf", &call(&format!("{address}/m.zip"), ""))]);
    stack.write("token.tf", "variable \"token\" {}\n");
    let files = [".terrace.lock.json", ".terrace/modules/modules.json"];
    stack.set("TF_VAR_token", "TOPSECRET");
    let told = stack.ok(&["init"]);
    for text in files.iter().map(|it| stack.read(it)).chain([told.stderr, told.stdout]) {
        assert!(!text.contains("TOPSECRET"), "{text}");
    }
    stack.set("TF_VAR_token", "OTHERSECRET");
    assert_eq!(said(&stack), "one");
    host.put("/m.zip", 200, &[], zipped(&[("main.tf", &output("two"))]));
    fs::remove_dir_all(stack.path(".terrace/modules")).unwrap();
    assert_has(&fails(&stack, &["init"]), &["Module differs from the lock file"]);

    stack.ok(&["init", "-upgrade"]);
    stack.write(".terrace.lock.json", &stack.read(files[0]).replace('…', "u:OLDSECRET"));
    stack.ok(&["init"]);
    assert!(!stack.read(files[0]).contains("OLDSECRET"));
    stack.write("main.tf", &call(&format!("{address}/n.zip"), ""));
    let told = fails(&stack, &["plan"]);
    assert_has(&told, &["Module source changed", "/n.zip", "/m.zip"]);
    assert!(!told.contains("SECRET"), "{told}");
}

#[test]
fn a_profile_in_an_address_comes_before_the_environment() {
    let host = Host::new();
    host.put("/b/m.zip", 200, &[], zipped(&[("main.tf", &output("it"))]));
    let source = |profile: &str| format!("s3::{}/b/m.zip?aws_profile={profile}", host.url);
    let mut stack = Terrace::sandbox(&[("main.tf", &call(&source("p1"), ""))]);
    stack.set("AWS_ACCESS_KEY_ID", "ENVKEY");
    stack.set("AWS_SECRET_ACCESS_KEY", "secret");
    let profile = "[p1]\naws_access_key_id = PROFKEY\naws_secret_access_key = other\n";
    stack.write(".aws/credentials", profile);
    stack.ok(&["init"]);
    let [request] = &host.requests("/b/m.zip")[..] else { panic!("not asked once") };
    assert!(request.contains("credential=profkey/"), "{request}");
    stack.write("main.tf", &call(&source("p2"), ""));
    assert_has(&fails(&stack, &["init"]), &["the AWS profile `p2` has no credentials"]);
}

#[test]
fn modules_may_be_empty_and_lie_behind_links() {
    let files = [
        (
            "main.tf",
            "module \"e\" {\n  source = \"./empty\"\n}\nmodule \"l\" {\n  source = \"./link\"\n}\n\
          output \"e\" {\n  value = module.e\n}\noutput \"it\" {\n  value = module.l.it\n}\n",
        ),
        ("#more.tf", "output \"more\" {\n  value = \"more\"\n}\n"),
        (".#lock.tf", "not even a configuration"),
        ("empty/README.md", ""),
        (
            "sub/real/main.tf",
            "module \"n\" {\n  source = \"../next\"\n}\noutput \"it\" {\n  \
          value = \"${path.module} ${module.n.it}\"\n}\n",
        ),
        ("sub/next/main.tf", "output \"it\" {\n  value = path.module\n}\n"),
    ];
    let stack = Terrace::sandbox(&files);
    std::os::unix::fs::symlink("sub/real", stack.path("link")).unwrap();
    stack.ok(&["plan", "-out=saved"]);
    stack.ok(&["apply", "saved"]);
    assert_eq!(stack.ok(&["output", "-raw", "it"]).stdout, "sub/real sub/next");
    assert_eq!(stack.ok(&["output", "-json", "e"]).stdout.trim(), "{}");
    assert_eq!(stack.ok(&["output", "-raw", "more"]).stdout, "more");
}

#[test]
fn the_data_folder_of_opentofu_may_be_elsewhere() {
    let mut stack = Terrace::sandbox(&[("main.tf", &call(NET, ""))]);
    stack.write("data/modules/m/main.tf", &output("theirs"));
    let record = json!({
        "Key": "m", "Source": "registry.opentofu.org/acme/net/aws", "Version": "1.0.0",
        "Dir": "data/modules/m",
    });
    stack.write("data/modules/modules.json", &json!({ "Modules": [record] }).to_string());
    assert_has(&fails(&stack, &["plan"]), &["Module not fetched"]);
    stack.set("TF_DATA_DIR", "data");
    stack.ok(&["plan", "-out=saved"]);
    stack.ok(&["apply", "saved"]);
    assert_eq!(said(&stack), "theirs");
}

#[test]
fn checksums_may_be_in_a_file_and_a_mirror_must_be_there() {
    let host = Host::new();
    let bytes = zipped(&[("main.tf", &output("checked"))]);
    host.put("/sums", 200, &[], format!("{}  *m.zip\n", sha256(&bytes)));
    host.put("/m.zip", 200, &[], bytes);
    let url = &host.url;
    let checked = |sums: &str| stack(&host, &format!("{url}/m.zip?checksum=file:{url}/{sums}"), "");
    let good = checked("sums");
    good.ok(&["init"]);
    assert_eq!(said(&good), "checked");
    host.put("/wrong", 200, &[], format!("{}  m.zip\n", "0".repeat(64)));
    assert_has(&fails(&checked("wrong"), &["init"]), &["Wrong checksum"]);
    host.put("/other", 200, &[], "00  other.zip\n");
    assert_has(&fails(&checked("other"), &["init"]), &["has no checksum of `m.zip`"]);

    let mut missing = stack(&host, NET, "");
    missing.set("TERRACE_MODULE_MIRROR", "/nowhere");
    assert_has(&fails(&missing, &["init"]), &["TERRACE_MODULE_MIRROR names /nowhere"]);
}

#[test]
fn paths_without_a_user_are_those_of_the_home_folder() {
    let mut stack = Terrace::sandbox(&[("main.tf", &call("git::example.com:org/repo.git", ""))]);
    let asked = stack.path("asked");
    stack.write("ssh.sh", &format!("echo \"$@\" >> {}\nexit 1\n", asked.display()));
    stack.set("GIT_SSH_COMMAND", &format!("sh {}", stack.path("ssh.sh").display()));
    assert_has(&fails(&stack, &["init"]), &["git cannot fetch example.com:org/repo.git"]);
    let asked = stack.read("asked");
    assert!(asked.contains("example.com") && asked.contains("'org/repo.git'"), "{asked}");
}
