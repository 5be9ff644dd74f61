//! The OpenAPI document, and what is the same for every operation of it: the organization in the path, the token, and
//! the problems that the layers and the extractors answer with.

use std::sync::LazyLock;

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::response::Response as Answer;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Content, HeaderBuilder, InfoBuilder, LicenseBuilder, Object, OpenApi, Ref, RefOr, Required, ResponseBuilder, Type,
};
use utoipa::{PartialSchema, ToResponse, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use crate::extract::MAX_IMAGE_BYTES;
use crate::operations::operations;
use crate::wire::{self, schema};
use crate::{health, metrics, routes};

/// The API as OpenAPI 3.1 describes it, with what only some hosts have under the tag `desk`.
#[must_use]
pub fn openapi() -> OpenApi {
    let routers = [
        routes::described(),
        routes::tokens::described(),
        routes::live::described(),
        health::described(),
        metrics::described(),
        described(),
    ];
    let mut document = routers.into_iter().fold(OpenApiRouter::new(), OpenApiRouter::merge).into_openapi();
    document.info = InfoBuilder::new()
        .title("attendance")
        .description(Some("Turns a photo of a face into one trustworthy attendance record."))
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build()))
        .build();
    document.tags =
        Some(TAGS.iter().map(|(name, text)| TagBuilder::new().name(*name).description(Some(*text)).build()).collect());

    let components = document.components.get_or_insert_default();
    components.schemas.extend(schema::components());
    components.schemas.insert("Problem".to_owned(), <wire::Problem as PartialSchema>::schema());
    components.responses.extend(problems());
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.security_schemes.insert("token".to_owned(), SecurityScheme::Http(bearer).into());

    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations_of(item) {
            operation.operation_id = Some(id_of(method, path));
            complete(method, path, operation);
        }
    }
    prune(&mut document);
    document
}

/// Drops schemas that nothing refers to: of a generic schema, utoipa collects the arguments too.
fn prune(document: &mut OpenApi) {
    while let Ok(text) = document.to_json() {
        let Some(components) = &mut document.components else { return };
        let before = components.schemas.len();
        components.schemas.retain(|name, _| text.contains(&format!("\"#/components/schemas/{name}\"")));
        if components.schemas.len() == before {
            return;
        }
    }
}

/// The name of an operation: its method and its address, without the organization and with `one` for an item of a list.
fn id_of(method: &str, path: &str) -> String {
    let path = path.trim_start_matches("/v1/");
    let path = path.strip_prefix("orgs/{org}/").unwrap_or(path);
    let mut id = method.to_owned();
    for part in path.split(['/', '.']).filter(|part| !part.is_empty() && !part.starts_with('{')) {
        id.push('_');
        id.push_str(&part.replace('-', "_"));
    }
    if path.ends_with('}') { id + "_one" } else { id }
}

const TAGS: [(&str, &str); 15] = [
    ("access", "Who asks."),
    ("organizations", "The walls around everything."),
    ("check-ins", "Pictures that are offered, and what becomes of their faces."),
    ("attendees", "Students, employees, guests."),
    ("faces", "By which attendees are known."),
    ("groups", "Classes, departments, and who is in them."),
    ("sessions", "Dated occurrences of groups."),
    ("records", "What attendees were at sessions."),
    ("reports", "Records of a range of dates."),
    ("strangers", "Faces that matched nobody."),
    ("audit", "Who did what to whose data."),
    ("me", "What is one's own."),
    ("health", "Whether the host works."),
    ("desk", "What only some hosts have, the desk among them."),
    ("cloud", "What only hosts do whose pictures are in the cloud."),
];

/// Adds to an operation what every one has.
fn complete(method: &str, path: &str, operation: &mut Operation) {
    if operation.tags.iter().flatten().any(|tag| tag == "desk") {
        // Which part of the address space an operation belongs to, its path says.
        operation.tags = Some(vec!["desk".to_owned()]);
    }
    let mut answers = vec![&BUSY, &FAILED];
    if path.starts_with("/v1") {
        operation.security = Some(vec![SecurityRequirement::new("token", [] as [&str; 0])]);
        answers.extend([&UNAUTHORIZED, &TOO_MANY_REQUESTS]);
    }
    if path.contains("{org}") {
        operation.parameters.get_or_insert_default().insert(0, organization().into());
        answers.extend([&FORBIDDEN, &NOT_FOUND]);
        if method != "get" {
            // Somebody else may change the same at the same time.
            answers.push(&CONFLICT);
        }
    }
    if operation.parameters.iter().flatten().count() > usize::from(path.contains("{org}")) {
        answers.push(&INVALID);
    }
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        body.required = Some(Required::True);
        answers.extend([&MALFORMED, &TOO_LARGE, &UNSUPPORTED, &INVALID]);
    }
    for kind in answers {
        let answers = &mut operation.responses.responses;
        answers.entry(kind.status.to_owned()).or_insert_with(|| RefOr::Ref(Ref::from_response_name(kind.name)));
    }
}

fn organization() -> Parameter {
    ParameterBuilder::new()
        .name("org")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("The organization."))
        .schema(Some(Ref::from_schema_name("OrganizationId")))
        .build()
}

fn operations_of(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem { get, put, post, patch, delete, .. } = item;
    let methods = [("get", get), ("put", put), ("post", post), ("patch", patch), ("delete", delete)];
    methods.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// A problem that more than one operation answers with.
struct Kind {
    name: &'static str,
    status: &'static str,
    description: &'static str,
    header: Option<(&'static str, &'static str)>,
}

macro_rules! kinds {
    ($($constant:ident, $name:literal, $status:literal, $description:literal, $header:expr;)*) => {
        $(static $constant: Kind =
            Kind { name: $name, status: $status, description: $description, header: $header };)*
        static KINDS: &[&Kind] = &[$(&$constant),*];
    };
}

const RETRY_AFTER: Option<(&str, &str)> = Some(("retry-after", "After how many seconds to ask again."));

kinds! {
    MALFORMED, "Malformed", "400",
        "`malformed-json`: the body is not JSON. `body-incomplete`: it broke off.", None;
    UNAUTHORIZED, "Unauthorized", "401",
        "`unauthorized`: no token, or none that counts. `token-expired`: it did once.",
        Some(("www-authenticate", "`Bearer`"));
    FORBIDDEN, "Forbidden", "403", "`forbidden`: the token has too low a role in the organization.", None;
    NOT_FOUND, "NotFound", "404",
        "`unknown-organization`: there is none, or the token has no right in it. `unknown-…`, `not-found`, \
         `image-missing`: there is nothing at that address.", None;
    CONFLICT, "Conflict", "409",
        "What is stored, or where, stands against it: the code says what. `can-not-presign`: this host's pictures are \
         where no browser reaches.", None;
    ERASED, "Erased", "410", "`erased`: the attendee was forgotten.", None;
    OUTDATED, "Outdated", "412",
        "`outdated`: what stands is another version of the record, which `record` is, or there is none; nothing was \
         changed.", None;
    TOO_LARGE, "TooLarge", "413", "`body-too-large`, `image-too-large`: more bytes or pixels than are taken.", None;
    UNSUPPORTED, "Unsupported", "415", "`unsupported-media-type`: the body has another content type.", None;
    INVALID, "Invalid", "422",
        "`invalid`: a part of the request, which `field` names, breaks a rule. Other codes say what is wrong with a \
         picture, a range or a cursor, or that the answer would be too large for the host.", None;
    UNCONDITIONAL, "Unconditional", "428",
        "`precondition-required`: the request does not say what it knows to stand, so that it could replace what nobody \
         has seen.", None;
    TOO_MANY_REQUESTS, "TooManyRequests", "429", "`too-many-requests`: ask less often.", RETRY_AFTER;
    FAILED, "Failed", "500", "`failed`, `not-provisioned`, `data-too-new`: the operator has to look.", None;
    BUSY, "Busy", "503",
        "`busy`, `unavailable`: ask again in a while. `not-erased`: repeat the erasure.", RETRY_AFTER;
}

fn problems() -> impl Iterator<Item = (String, RefOr<Answer>)> {
    KINDS.iter().map(|kind| {
        let mut answer = ResponseBuilder::new()
            .description(kind.description)
            .content("application/problem+json", Content::new(Some(Ref::from_schema_name("Problem"))));
        if let Some((name, description)) = kind.header {
            answer = answer.header(
                name,
                HeaderBuilder::new()
                    .schema(Some(Object::with_type(Type::String)))
                    .description(Some(description))
                    .build(),
            );
        }
        (kind.name.to_owned(), answer.build().into())
    })
}

/// Declares names for `#[utoipa::path]`: `(status = 409, response = Conflict)`.
macro_rules! named {
    ($($name:ident = $kind:ident;)*) => {$(
        #[derive(Debug)]
        pub(crate) enum $name {}

        impl<'r> ToResponse<'r> for $name {
            fn response() -> (&'r str, RefOr<Answer>) {
                ($kind.name, Ref::from_response_name($kind.name).into())
            }
        }
    )*};
}

named! {
    Forbidden = FORBIDDEN;
    Conflict = CONFLICT;
    Erased = ERASED;
    Outdated = OUTDATED;
    Unconditional = UNCONDITIONAL;
    TooLarge = TOO_LARGE;
}

/// A JPEG or PNG file.
#[derive(Debug)]
pub(crate) struct Picture;

impl PartialSchema for Picture {
    fn schema() -> RefOr<Schema> {
        let bytes = SchemaFormat::KnownFormat(KnownFormat::Binary);
        let text = ObjectBuilder::new().schema_type(Type::String).format(Some(bytes));
        text.max_length(Some(MAX_IMAGE_BYTES)).description(Some("A JPEG or PNG file.")).into()
    }
}

impl ToSchema for Picture {}

operations! { (document) }

/// The document that you read.
#[utoipa::path(get, path = "/openapi.json", tag = "health", responses((status = 200, description = "It.",
    content_type = "application/json")))]
async fn document() -> Response {
    // The committed one, which a test holds against [`openapi`]: what writes it is no part of a program then. Without its
    // indentation, which is half of it.
    static JSON: LazyLock<String> =
        LazyLock::new(|| include_str!("../openapi.json").lines().map(str::trim_start).collect());
    ([(CONTENT_TYPE, "application/json")], JSON.as_str()).into_response()
}
