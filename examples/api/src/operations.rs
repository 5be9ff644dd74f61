//! Operations are said once, and used twice: they answer requests, and the document describes them. A program that only
//! answers carries nothing of what describes.

/// Makes `router()`, which answers the operations, and `described()`, which the document is made of. Those in one pair
/// of parentheses have one address.
macro_rules! operations {
    ($(($($operation:ident),+)),+ $(,)?) => {
        pub(crate) fn router() -> axum::Router<crate::App> {
            axum::Router::new()$($(.route(
                &$crate::operations::path_of!($operation, path),
                $crate::operations::methods_of(&$crate::operations::path_of!($operation, methods), &$operation),
            ))+)+
        }

        pub(crate) fn described() -> utoipa_axum::router::OpenApiRouter<crate::App> {
            utoipa_axum::router::OpenApiRouter::new()$(.routes(utoipa_axum::routes!($($operation),+)))+
        }
    };
}

/// What `#[utoipa::path]` says of an operation.
macro_rules! path_of {
    ($operation:ident, $what:ident) => {
        pastey::paste! { <[<__path_ $operation>] as utoipa::Path>::$what() }
    };
}

pub(crate) use {operations, path_of};

use axum::handler::Handler;
use axum::routing::MethodRouter;
use utoipa::openapi::HttpMethod;
use utoipa_axum::PathItemExt;

use crate::App;

/// Answers these methods with the operation.
pub(crate) fn methods_of<T: 'static>(methods: &[HttpMethod], operation: &impl Handler<T, App>) -> MethodRouter<App> {
    methods.iter().fold(MethodRouter::new(), |router, method| router.on(method.to_method_filter(), operation.clone()))
}
