use crate::terminal::Terminal;

#[test]
fn the_demo_recognises_both_and_forgets_one() {
    let terminal = Terminal::new();
    let output = terminal.command(["demo"]).output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success(), "{text}");
    for expected in
        ["marked: Grace Hopper", "marked: Eileen Collins", "already marked: Grace Hopper", "a stranger", "2 present"]
    {
        assert!(text.contains(expected), "{expected:?} is missing in\n{text}");
    }
    assert!(!terminal.data().exists(), "the demo has a folder of its own");
}
