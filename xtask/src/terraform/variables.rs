//! What a module takes and gives, as its `variables.tf` and `outputs.tf` say.

use std::path::Path;

use anyhow::{Context as _, Result};
use hcl_edit::Decorate as _;
use hcl_edit::expr::{Expression, FuncCall, ObjectKey};
use hcl_edit::structure::{Block, Body};
use hcl_edit::template::Element;

#[derive(Debug, PartialEq)]
pub(super) struct Module {
    pub(super) inputs: Vec<Input>,
    pub(super) outputs: Vec<Output>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Input {
    pub(super) name: String,
    /// With the fields of an object.
    pub(super) description: String,
    /// As it is written; an input without one is needed.
    pub(super) default: Option<String>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Output {
    pub(super) name: String,
    pub(super) description: String,
}

impl Module {
    /// Reads the module in a folder.
    pub(super) fn load(folder: &Path) -> Result<Self> {
        let read = |name: &str| {
            let file = folder.join(name);
            std::fs::read_to_string(&file).with_context(|| format!("{} can't be read", file.display()))
        };
        Self::parse(&read("variables.tf")?, &read("outputs.tf")?).with_context(|| folder.display().to_string())
    }

    pub(super) fn parse(variables: &str, outputs: &str) -> Result<Self> {
        let inputs = body(variables)?.get_blocks("variable").map(input).collect::<Result<_>>()?;
        let outputs = body(outputs)?.get_blocks("output").map(output).collect::<Result<_>>()?;
        Ok(Self { inputs, outputs })
    }
}

/// Parses a text of Terraform's language.
pub(super) fn body(text: &str) -> Result<Body> {
    hcl_edit::parser::parse_body(text).map_err(|error| anyhow::anyhow!("{error}"))
}

fn input(block: &Block) -> Result<Input> {
    let fields = block.body.get_attribute("type").and_then(|kind| fields(&kind.value));
    let described = description(block)?;
    Ok(Input {
        name: label(block)?,
        description: fields.map_or(described.clone(), |fields| format!("{described} Fields: {fields}.")),
        default: block.body.get_attribute("default").map(|default| source(&default.value)),
    })
}

fn output(block: &Block) -> Result<Output> {
    Ok(Output { name: label(block)?, description: description(block)? })
}

fn label(block: &Block) -> Result<String> {
    Ok(block.labels.first().context("a block without a name")?.as_str().to_owned())
}

/// The description in one line.
fn description(block: &Block) -> Result<String> {
    let name = label(block)?;
    let attribute = block.body.get_attribute("description").with_context(|| format!("{name} has no description"))?;
    let text = match &attribute.value {
        Expression::String(text) => text.as_str().to_owned(),
        Expression::HeredocTemplate(heredoc) => {
            heredoc.template.iter().filter_map(Element::as_literal).map(|text| text.as_str()).collect()
        }
        other => source(other),
    };
    Ok(one_line(&text))
}

/// The fields of the object in a type, each with its default: `name`, `days` (7), `mail` (null) { `from` }.
fn fields(kind: &Expression) -> Option<String> {
    let call = kind.as_func_call()?;
    if called(call) != "object" {
        return call.args.iter().find_map(fields);
    }
    let object = call.args.iter().next()?.as_object()?;
    let fields = object.iter().map(|(key, value)| {
        let name = match key {
            ObjectKey::Ident(name) => name.as_str().to_owned(),
            ObjectKey::Expression(name) => source(name),
        };
        let inner = fields(value.expr()).map(|inner| format!(" {{ {inner} }}")).unwrap_or_default();
        let optional = value.expr().as_func_call().filter(|call| called(call) == "optional");
        let default = optional.map(|call| call.args.get(1).map_or("null".to_owned(), source));
        // Of an object that is there by itself, the fields' own defaults say all.
        let default = default.filter(|default| inner.is_empty() || default != "{}");
        format!("`{name}`{}{inner}", default.map(|default| format!(" ({default})")).unwrap_or_default())
    });
    Some(fields.collect::<Vec<_>>().join(", "))
}

fn called(call: &FuncCall) -> &str {
    call.name.name.as_str()
}

/// An expression as it is written, in one line.
fn source(expression: &Expression) -> String {
    let mut bare = expression.clone();
    bare.decor_mut().clear();
    one_line(&bare.to_string())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_have_their_description_and_default() {
        let variables = r#"
            variable "name" {
              description = "What is \"called\" so."
              type        = string
            }
            variable "zones" {
              description = <<-EOT
                In how many zones
                there is one.
              EOT
              default     = ["a",
                "b"]
            }
        "#;
        let module = Module::parse(variables, "output \"id\" {\n  description = \"Its id.\"\n}\n").unwrap();
        let input = |name: &str, description: &str, default: Option<&str>| Input {
            name: name.to_owned(),
            description: description.to_owned(),
            default: default.map(str::to_owned),
        };
        let zones = input("zones", "In how many zones there is one.", Some(r#"["a", "b"]"#));
        assert_eq!(module.inputs, [input("name", "What is \"called\" so.", None), zones]);
        assert_eq!(module.outputs, [Output { name: "id".to_owned(), description: "Its id.".to_owned() }]);
    }

    #[test]
    fn an_object_tells_its_fields() {
        let variables = r#"
            variable "mail" {
              description = "Mail."
              type = map(object({
                from = string # whose it is
                days = optional(number, 7)
                domain = optional(string)
                sms = optional(object({ enabled = optional(bool, false) }), {})
                own = optional(object({ name = string }))
              }))
            }
        "#;
        let fields = "`from`, `days` (7), `domain` (null), `sms` { `enabled` (false) }, `own` (null) { `name` }";
        let module = Module::parse(variables, "").unwrap();
        assert_eq!(module.inputs[0].description, format!("Mail. Fields: {fields}."));
    }

    #[test]
    fn what_is_not_described_is_an_error() {
        let error = Module::parse("variable \"tags\" {\n}\n", "").unwrap_err();
        assert_eq!(error.to_string(), "tags has no description");
    }
}
