//! Writes the OpenAPI document: `cargo run -p attendance-api --example openapi > examples/api/openapi.json`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("{}", attendance_api::openapi().to_pretty_json()?);
    Ok(())
}
