//! The modules' READMEs: tables of what a module takes and gives, written from its code, and one usage that fits it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::variables::{self, Module};
use super::{CHORE, folders, home, name};
use crate::workspace::Workspace;

/// Writes the tables anew.
pub(super) fn write(workspace: &Workspace) -> Result<()> {
    for documented in all(workspace)? {
        let new = documented.with_tables();
        if new != documented.readme {
            std::fs::write(&documented.file, new)?;
            println!("{} is written anew", name(workspace, &documented.file));
        }
    }
    Ok(())
}

/// Whether tables and usages are right. Answers how many READMEs there are.
pub(super) fn check(workspace: &Workspace) -> Result<String> {
    let all = all(workspace)?;
    let mut wrong = Vec::new();
    for documented in &all {
        let file = name(workspace, &documented.file);
        if documented.with_tables() != documented.readme {
            wrong.push(format!(
                "{file}: its tables are not what variables.tf and outputs.tf say; `{CHORE}` writes them"
            ));
        }
        let usage = documented.usage().and_then(|usage| fits(&usage, &documented.source, &documented.module));
        wrong.extend(usage.err().map(|error| format!("{file}: {error:#}")));
    }
    if wrong.is_empty() { Ok(format!("{} READMEs", all.len())) } else { bail!("{}", wrong.join("\n")) }
}

/// A configuration below the target folder with every README's usage, for Terraform to validate.
pub(super) fn usages(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target.join("xtask").join("usages");
    std::fs::create_dir_all(&folder)?;
    let mut all_usages = String::new();
    for documented in all(workspace)? {
        let module = documented.file.parent().context("a README is in a folder")?;
        // A module of this machine that is not below the configuration has to be named by its whole path.
        let whole = format!("{:?}", module.display().to_string());
        all_usages += &documented.usage()?.replace(&format!("{:?}", documented.source), &whole);
        all_usages.push('\n');
    }
    std::fs::write(folder.join("main.tf"), all_usages)?;
    Ok(folder)
}

/// A module with its README.
struct Documented {
    file: PathBuf,
    readme: String,
    module: Module,
    /// How a usage names the module.
    source: String,
}

/// The root's and each module's.
fn all(workspace: &Workspace) -> Result<Vec<Documented>> {
    let home = home(workspace);
    let mut all = vec![Documented::load(&home, "./terraform".to_owned())?];
    for folder in folders(&home.join("modules"))? {
        let module = folder.file_name().unwrap_or_default().display().to_string();
        all.push(Documented::load(&folder, format!("./modules/{module}"))?);
    }
    Ok(all)
}

/// Where the tables begin; nothing comes after them.
const INPUTS: &str = "## Inputs\n";

impl Documented {
    fn load(folder: &Path, source: String) -> Result<Self> {
        let file = folder.join("README.md");
        let readme = std::fs::read_to_string(&file).with_context(|| format!("{} can't be read", file.display()))?;
        Ok(Self { file, readme, module: Module::load(folder)?, source })
    }

    /// The README as it should be.
    fn with_tables(&self) -> String {
        let prose = self.readme.split(INPUTS).next().unwrap_or_default();
        format!("{}\n\n{}", prose.trim_end(), tables(&self.module))
    }

    /// The one block of Terraform in the README.
    fn usage(&self) -> Result<String> {
        let blocks: Vec<_> = self.readme.split("```hcl\n").skip(1).collect();
        let [block] = blocks[..] else { bail!("it has {} usages (```hcl) instead of one", blocks.len()) };
        let (usage, _) = block.split_once("```").context("the usage has no end")?;
        Ok(usage.to_owned())
    }
}

fn tables(module: &Module) -> String {
    let cell = |text: &str| text.replace('|', "\\|");
    let mut tables = format!("{INPUTS}\n| name | what | default |\n| --- | --- | --- |\n");
    for input in &module.inputs {
        let default = input.default.as_ref().map_or("needed".to_owned(), |default| format!("`{}`", cell(default)));
        writeln!(tables, "| `{}` | {} | {default} |", input.name, cell(&input.description)).ok();
    }
    tables += "\n## Outputs\n\n| name | what |\n| --- | --- |\n";
    for output in &module.outputs {
        writeln!(tables, "| `{}` | {} |", output.name, cell(&output.description)).ok();
    }
    tables
}

/// Whether a usage calls the module with inputs that it has, and all that it needs.
fn fits(usage: &str, source: &str, module: &Module) -> Result<()> {
    let body = variables::body(usage).context("the usage is not Terraform")?;
    let calls: Vec<_> = body.get_blocks("module").collect();
    let [call] = calls[..] else { bail!("the usage calls {} modules instead of one", calls.len()) };
    let said = call.body.get_attribute("source").and_then(|source| source.value.as_str());
    if said != Some(source) {
        bail!("the usage's source is {said:?}: write {source:?}");
    }
    let given: BTreeSet<_> = call.body.attributes().map(|argument| argument.key.as_str()).collect();
    let about_the_call = ["source", "version", "count", "for_each", "providers", "depends_on"];
    let inputs: BTreeSet<_> = module.inputs.iter().map(|input| input.name.as_str()).collect();
    for argument in &given {
        if !inputs.contains(argument) && !about_the_call.contains(argument) {
            bail!("the usage gives {argument}, which is no input");
        }
    }
    for needed in module.inputs.iter().filter(|input| input.default.is_none()) {
        if !given.contains(needed.name.as_str()) {
            bail!("the usage does not give {}, which is needed", needed.name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const VARIABLES: &str = "variable \"name\" {\n  description = \"A | b.\"\n}\n\
        variable \"days\" {\n  description = \"Days.\"\n  default = 7\n}\n";
    const OUTPUTS: &str = "output \"id\" {\n  description = \"Its id.\"\n}\n";
    const TABLES: &str = "## Inputs\n\n| name | what | default |\n| --- | --- | --- |\n\
        | `name` | A \\| b. | needed |\n| `days` | Days. | `7` |\n\n\
        ## Outputs\n\n| name | what |\n| --- | --- |\n| `id` | Its id. |\n";

    fn module() -> Module {
        Module::parse(VARIABLES, OUTPUTS).unwrap()
    }

    fn complaint(usage: &str) -> String {
        fits(usage, "./modules/bucket", &module()).unwrap_err().to_string()
    }

    #[test]
    fn the_tables_name_inputs_and_outputs() {
        assert_eq!(tables(&module()), TABLES);
    }

    #[test]
    fn tables_that_are_old_are_written_anew_and_the_rest_is_kept() {
        let readme = "# bucket\n\nProse.\n\n## Inputs\n\n| name |\n".to_owned();
        let mut documented = Documented { file: PathBuf::new(), readme, module: module(), source: String::new() };
        let new = documented.with_tables();
        assert_eq!(new, format!("# bucket\n\nProse.\n\n{TABLES}"));
        documented.readme = new.clone();
        assert_eq!(documented.with_tables(), new);
    }

    #[test]
    fn a_readme_has_one_usage() {
        let of = |readme: &str| {
            Documented { file: PathBuf::new(), readme: readme.to_owned(), module: module(), source: String::new() }
                .usage()
        };
        assert_eq!(of("## Usage\n\n```hcl\na = 1\n```\n").unwrap(), "a = 1\n");
        assert!(of("# None\n").unwrap_err().to_string().contains("0 usages"));
    }

    #[test]
    fn a_usage_gives_what_is_needed_and_nothing_that_there_is_not() {
        fits("module \"b\" {\n  source = \"./modules/bucket\"\n  name = \"x\"\n}\n", "./modules/bucket", &module())
            .unwrap();
        let call =
            |arguments: &str| complaint(&format!("module \"b\" {{\n  source = \"./modules/bucket\"\n{arguments}}}\n"));
        assert_eq!(call(""), "the usage does not give name, which is needed");
        assert_eq!(call("  name = 1\n  weeks = 1\n"), "the usage gives weeks, which is no input");
        assert!(complaint("module \"b\" {\n  source = \"./bucket\"\n}\n").contains("write \"./modules/bucket\""));
        assert_eq!(complaint("module \"b\" {\n"), "the usage is not Terraform");
        assert_eq!(complaint("a = 1\n"), "the usage calls 0 modules instead of one");
    }

    #[test]
    fn the_usages_of_all_modules_are_one_configuration() {
        let target = tempfile::tempdir().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let workspace = Workspace { root, target: target.path().to_owned(), packages: Vec::new() };
        let main = usages(&workspace).unwrap().join("main.tf");
        let body = variables::body(&std::fs::read_to_string(main).unwrap()).unwrap();
        let calls: Vec<_> = body.get_blocks("module").collect();
        assert_eq!(calls.len(), 1 + folders(&home(&workspace).join("modules")).unwrap().len());
        for call in calls {
            let source = call.body.get_attribute("source").and_then(|source| source.value.as_str()).unwrap();
            assert!(Path::new(source).join("variables.tf").is_file(), "{source}");
        }
    }
}
