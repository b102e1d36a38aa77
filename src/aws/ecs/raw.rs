//! Container definitions on the wire as the JSON they are, so that every field of theirs passes,
//! those that this version of the SDK does not know included.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::{Map, Value as Json};

/// Keeps the body of an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Body(Arc<Mutex<Vec<u8>>>);

impl Body {
    /// The `containerDefinitions` of the task definition in the answer, as JSON text.
    pub(super) fn container_definitions(&self) -> Option<String> {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let json: Json = serde_json::from_slice(&bytes).ok()?;
        json.get("taskDefinition")?.get("containerDefinitions").map(Json::to_string)
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Body {
    fn name(&self) -> &'static str {
        "KeepBody"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let bytes = context.response().body().bytes().unwrap_or_default();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = bytes.to_vec();
        Ok(())
    }
}

/// A request with container definitions in its body; an error when the body is not an object.
pub(super) fn with_definitions(
    mut request: HttpRequest,
    definitions: &Json,
) -> Result<HttpRequest, serde_json::Error> {
    let body = request.body().bytes().unwrap_or_default();
    let mut fields: Map<String, Json> = serde_json::from_slice(body)?;
    fields.insert("containerDefinitions".into(), definitions.clone());
    let body = Json::Object(fields).to_string();
    request.headers_mut().insert("content-length", body.len().to_string());
    *request.body_mut() = SdkBody::from(body);
    Ok(request)
}
