//! The utility providers: what needs no account, applied, planned again, changed and destroyed.

use serde_json::Value as Json;

use crate::support::terrace::Terrace;

const RANDOM: &str = r#"
variable "generation" { default = "1" }

resource "random_id" "a" {
  byte_length = 4
  keepers     = { generation = var.generation }
}

resource "random_integer" "a" {
  min     = 1000
  max     = 1000000000
  keepers = { generation = var.generation }
}

resource "random_password" "a" {
  length  = 20
  keepers = { generation = var.generation, none = null }
}

resource "random_pet" "a" {
  prefix  = "web"
  keepers = { generation = var.generation }
}

resource "random_shuffle" "a" {
  input        = ["a", "b", "c"]
  result_count = 2
  keepers      = { generation = var.generation }
}

resource "random_string" "a" {
  length  = 8
  special = false
  upper   = false
  keepers = { generation = var.generation }
}

resource "random_uuid" "a" {
  keepers = { generation = var.generation }
}

resource "random_bytes" "a" {
  length  = 16
  keepers = { generation = var.generation }
}

resource "null_resource" "a" {
  triggers = { pet = random_pet.a.id, none = null }
}

data "null_data_source" "a" {
  inputs = { name = random_string.a.result }
}

output "name" { value = data.null_data_source.a.outputs["name"] }
"#;

const TIME: &str = r#"
variable "days" { default = 7 }

resource "time_static" "a" {}

resource "time_offset" "a" {
  base_rfc3339 = time_static.a.rfc3339
  offset_days  = var.days
}

resource "time_rotating" "a" {
  rotation_days = 30
}

resource "time_sleep" "a" {
  create_duration  = "200ms"
  destroy_duration = "10ms"
  triggers         = { unix = time_static.a.unix }
}
"#;

const FILES: &str = r##"
variable "text" { default = "hello" }

resource "local_file" "a" {
  filename        = "${path.module}/made/a.txt"
  content         = var.text
  file_permission = "0644"
}

resource "local_sensitive_file" "a" {
  filename       = "${path.module}/made/secret.txt"
  content_base64 = base64encode("secret-${var.text}")
}

data "local_file" "a" {
  filename   = local_file.a.filename
  depends_on = [local_file.a]
}

data "local_sensitive_file" "a" {
  filename   = local_sensitive_file.a.filename
  depends_on = [local_sensitive_file.a]
}

data "archive_file" "a" {
  type                    = "zip"
  source_content          = local_file.a.content
  source_content_filename = "index.js"
  output_path             = "${path.module}/made/data.zip"
}

resource "archive_file" "a" {
  type        = "zip"
  source_file = local_file.a.filename
  output_path = "${path.module}/made/resource.zip"
}

data "cloudinit_config" "a" {
  gzip          = false
  base64_encode = false
  part {
    content = "#cloud-config\n"
  }
}

resource "cloudinit_config" "a" {
  part {
    content_type = "text/x-shellscript"
    content      = "#!/bin/sh\necho ${var.text}\n"
    filename     = "start.sh"
  }
}

data "external" "a" {
  program = ["cat"]
  query   = { text = local_file.a.content }
}

output "text" { value = "${data.external.a.result.text} ${data.local_file.a.content}" }
"##;

const TLS: &str = r#"
variable "name" { default = "a.example" }

resource "tls_private_key" "ca" {
  algorithm = "RSA"
}

resource "tls_self_signed_cert" "ca" {
  private_key_pem       = tls_private_key.ca.private_key_pem
  validity_period_hours = 48
  is_ca_certificate     = true
  allowed_uses          = ["cert_signing", "crl_signing"]
  subject {
    common_name  = "ca"
    organization = "Example"
  }
}

resource "tls_private_key" "a" {
  algorithm   = "ECDSA"
  ecdsa_curve = "P256"
}

resource "tls_cert_request" "a" {
  private_key_pem = tls_private_key.a.private_key_pem
  dns_names       = [var.name]
  subject {
    common_name = var.name
  }
}

resource "tls_locally_signed_cert" "a" {
  cert_request_pem      = tls_cert_request.a.cert_request_pem
  ca_private_key_pem    = tls_private_key.ca.private_key_pem
  ca_cert_pem           = tls_self_signed_cert.ca.cert_pem
  validity_period_hours = 24
  allowed_uses          = ["server_auth", "digital_signature"]
}

data "tls_certificate" "a" {
  content = tls_locally_signed_cert.a.cert_pem
}

data "tls_public_key" "a" {
  private_key_openssh = tls_private_key.a.private_key_openssh
}

output "issuer" { value = data.tls_certificate.a.certificates[0].issuer }
output "same" {
  value = data.tls_public_key.a.public_key_pem == tls_private_key.a.public_key_pem
}
"#;

/// A stack of these files, applied.
fn applied(files: &[(&str, &str)]) -> Terrace {
    let stack = Terrace::sandbox(files);
    stack.ok(&["apply", "-auto-approve"]);
    stack
}

/// Plans again: there is nothing to do.
fn nothing_to_do(stack: &Terrace) {
    let plan = stack.ok(&["plan", "-detailed-exitcode"]);
    assert!(plan.stdout.contains("No changes."), "{}", plan.stdout);
}

/// The attributes in state, by address.
fn attributes(stack: &Terrace, address: &str) -> Json {
    let state: Json = serde_json::from_str(&stack.read("terraform.tfstate")).unwrap();
    let (kind, name) = address.split_once('.').unwrap();
    let resources = state["resources"].as_array().unwrap();
    let is_meant = |it: &&Json| it["mode"] == "managed" && it["type"] == kind && it["name"] == name;
    let found = resources.iter().find(is_meant);
    found.unwrap_or_else(|| panic!("no {address}"))["instances"][0]["attributes"].clone()
}

fn destroyed(stack: &Terrace) {
    stack.ok(&["destroy", "-auto-approve"]);
    let state: Json = serde_json::from_str(&stack.read("terraform.tfstate")).unwrap();
    assert_eq!(state["resources"], Json::Array(Vec::new()));
}

#[test]
fn random_values_stay_until_their_keepers_change() {
    let stack = applied(&[("main.tf", RANDOM)]);
    nothing_to_do(&stack);
    let before = attributes(&stack, "random_password.a");
    let shown = stack.ok(&["show"]);
    assert!(!shown.stdout.contains(before["result"].as_str().unwrap()), "{}", shown.stdout);
    let name = stack.ok(&["output", "-raw", "name"]).stdout;
    assert_eq!(attributes(&stack, "random_string.a")["result"], name.trim());
    let plan = stack.ok(&["plan", "-var", "generation=2"]);
    assert!(plan.stdout.contains("9 to add, 0 to change, 9 to destroy"), "{}", plan.stdout);
    stack.ok(&["apply", "-auto-approve", "-var", "generation=2"]);
    let after = attributes(&stack, "random_password.a");
    assert_ne!(before["result"], after["result"]);
    assert_eq!(after["id"], "none");
    assert_eq!(after["numeric"], true);
    destroyed(&stack);
}

#[test]
fn random_values_are_imported() {
    let files = "resource \"random_password\" \"a\" {\n  length = 6\n}\n";
    let stack = Terrace::sandbox(&[("main.tf", files)]);
    stack.ok(&["import", "random_password.a", "secret"]);
    assert_eq!(attributes(&stack, "random_password.a")["result"], "secret");
    nothing_to_do(&stack);
}

#[test]
fn times_stay_and_offsets_change_in_place() {
    let stack = applied(&[("main.tf", TIME)]);
    nothing_to_do(&stack);
    let plan = stack.ok(&["plan", "-var", "days=8"]);
    assert!(plan.stdout.contains("0 to add, 1 to change, 0 to destroy"), "{}", plan.stdout);
    stack.ok(&["apply", "-auto-approve", "-var", "days=8"]);
    let base = attributes(&stack, "time_static.a")["unix"].as_i64().unwrap();
    let later = attributes(&stack, "time_offset.a")["unix"].as_i64().unwrap();
    assert_eq!(later - base, 8 * 86_400);
    destroyed(&stack);
}

#[test]
fn files_are_written_packed_and_removed() {
    let stack = applied(&[("main.tf", FILES)]);
    nothing_to_do(&stack);
    assert_eq!(stack.ok(&["output", "-raw", "text"]).stdout.trim(), "hello hello");
    assert_eq!(stack.read("made/a.txt"), "hello");
    assert_eq!(stack.read("made/secret.txt"), "secret-hello");
    let packed = attributes(&stack, "archive_file.a")["output_sha256"].clone();
    stack.write("made/a.txt", "changed by others");
    let plan = stack.ok(&["plan"]);
    assert!(plan.stdout.contains("local_file.a"), "{}", plan.stdout);
    stack.ok(&["apply", "-auto-approve", "-var", "text=bye"]);
    assert_eq!(stack.read("made/a.txt"), "bye");
    assert_eq!(stack.read("made/secret.txt"), "secret-bye");
    stack.ok(&["apply", "-auto-approve", "-var", "text=bye"]);
    assert_ne!(attributes(&stack, "archive_file.a")["output_sha256"], packed);
    destroyed(&stack);
    assert!(!stack.path("made/a.txt").exists());
    assert!(!stack.path("made/secret.txt").exists());
}

/// Reads the outputs of the stack beside this one.
fn of_another(path: &str) -> String {
    format!(
        "data \"terraform_remote_state\" \"o\" {{\n  backend  = \"local\"\n  config   = {{ path = \
         \"{path}\" }}\n  defaults = {{ z = 1, s = 2 }}\n}}\nlocals {{\n  all = \
         data.terraform_remote_state.o.outputs\n}}\noutput \"all\" {{\n  value = {{ for name in \
         [\"a\", \"s\", \"z\"] : name => local.all[name] }}\n}}\noutput \"secret\" {{\n  value     = \
         local.all.secret\n  sensitive = true\n}}\n"
    )
}

#[test]
fn the_outputs_of_another_stack_are_read() {
    let outputs = "output \"a\" {\n  value = { x = [1, \"b\"] }\n}\noutput \"s\" {\n  value = \
                   \"q\"\n}\noutput \"secret\" {\n  value     = \"hidden\"\n  sensitive = true\n}\n";
    let stack = applied(&[("main.tf", outputs)]);
    std::fs::rename(stack.path("terraform.tfstate"), stack.path("other.tfstate")).unwrap();
    stack.write("main.tf", &of_another("other.tfstate"));
    let told = stack.ok(&["apply", "-auto-approve"]).stdout;
    assert!(!told.contains("hidden"), "{told}");
    let all: Json = serde_json::from_str(&stack.ok(&["output", "-json", "all"]).stdout).unwrap();
    assert_eq!(all, serde_json::json!({ "a": { "x": [1, "b"] }, "s": "q", "z": 1 }));
    assert_eq!(stack.ok(&["output", "-raw", "secret"]).stdout.trim(), "hidden");
    nothing_to_do(&stack);
    let state: Json = serde_json::from_str(&stack.read("terraform.tfstate")).unwrap();
    let secrets = &state["resources"][0]["instances"][0]["sensitive_attributes"];
    assert!(secrets.to_string().contains("secret"), "{state}");
    let told = stack.ok(&["show"]).stdout;
    assert!(told.contains("terraform_remote_state") && !told.contains("hidden"), "{told}");
    let each = "resource \"terraform_data\" \"x\" {\n  for_each = { for name in [\"s\", \
                \"secret\"] : name => local.all[name] }\n}\n";
    stack.write("each.tf", each);
    stack.ok(&["plan", "-out", "saved"]);
    stack.ok(&["apply", "saved"]);
    nothing_to_do(&stack);
    std::fs::remove_file(stack.path("each.tf")).unwrap();
    stack.ok(&["apply", "-auto-approve"]);
    let told = stack.ok(&["state", "show", "data.terraform_remote_state.o"]).stdout;
    assert!(!told.contains("hidden"), "{told}");
    stack.write("main.tf", &of_another("nowhere.tfstate"));
    let told = stack.fails(&["plan"]);
    assert!(told.contains("there is no state at nowhere.tfstate"), "{told}");
    stack.write("main.tf", &of_another("other.tfstate").replace("\"local\"", "\"s3\""));
    let told = stack.fails(&["validate"]);
    assert!(told.contains("the backend `s3`"), "{told}");
}

#[test]
fn certificates_are_signed_and_replaced() {
    let stack = applied(&[("main.tf", TLS)]);
    nothing_to_do(&stack);
    assert_eq!(stack.ok(&["output", "-raw", "issuer"]).stdout.trim(), "CN=ca,O=Example");
    assert_eq!(stack.ok(&["output", "-raw", "same"]).stdout.trim(), "true");
    let before = attributes(&stack, "tls_locally_signed_cert.a");
    let key = attributes(&stack, "tls_private_key.a");
    let shown = stack.ok(&["show"]).stdout;
    assert!(!shown.contains("PRIVATE KEY"), "{shown}");
    stack.ok(&["apply", "-auto-approve", "-var", "name=b.example"]);
    let after = attributes(&stack, "tls_locally_signed_cert.a");
    assert_ne!(before["cert_pem"], after["cert_pem"]);
    assert_eq!(attributes(&stack, "tls_private_key.a"), key);
    destroyed(&stack);
}

#[test]
fn the_providers_are_known() {
    let all = [("random.tf", RANDOM), ("time.tf", TIME), ("files.tf", FILES), ("tls.tf", TLS)];
    let stack = Terrace::sandbox(&all);
    stack.ok(&["init"]);
    let listed = stack.ok(&["providers"]).stdout;
    let all = ["archive", "cloudinit", "external", "local", "null", "random", "time", "tls"];
    for name in all {
        assert!(listed.contains(&format!("provider[registry.terraform.io/hashicorp/{name}]")));
    }
    let schema: Json =
        serde_json::from_str(&stack.ok(&["providers", "schema", "-json"]).stdout).unwrap();
    let random = &schema["provider_schemas"]["registry.terraform.io/hashicorp/random"];
    assert_eq!(random["resource_schemas"]["random_password"]["version"], 3);
}
