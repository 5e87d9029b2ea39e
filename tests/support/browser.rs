//! Headless Chromium, which says how a page comes out.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;

/// No page takes so long, in seconds; the browser has no deadline of its own.
const PATIENCE_SECONDS: &str = "120";

/// Runs in a page around frames with the pages, and measures each frame.
const MEASURE: &str = r#"
addEventListener("load", () => {
  const frames = [...document.querySelectorAll("iframe")].map((frame) => {
    const page = frame.contentDocument;
    page.querySelectorAll("details").forEach((details) => { details.open = true; });
    const root = page.documentElement;
    const pictures = [...page.querySelectorAll("svg[role=img]")].map((svg) => {
      const box = svg.getBoundingClientRect();
      const scale = svg.getScreenCTM().a;
      const texts = [...svg.querySelectorAll("text")].map((text) =>
        scale * parseFloat(frame.contentWindow.getComputedStyle(text).fontSize));
      const sticking = [...svg.querySelectorAll("text")].filter((text) => {
        const inner = text.getBoundingClientRect();
        return inner.left < box.left - 1 || inner.right > box.right + 1;
      });
      return {
        title: svg.querySelector("title")?.textContent ?? "",
        description: svg.querySelector("desc")?.textContent ?? "",
        width: box.width, height: box.height, shapes: svg.querySelectorAll("path, rect").length,
        smallest_text: texts.length ? Math.min(...texts) : null,
        sticking: sticking.map((text) => text.textContent),
      };
    });
    const wide = [...page.body.querySelectorAll("*")].filter((element) =>
      element.getBoundingClientRect().right > root.clientWidth + 1);
    return {
      name: frame.title, heading: page.querySelector("h1")?.textContent ?? "",
      page_width: root.scrollWidth, visible_width: root.clientWidth,
      wide: wide.map((element) => element.outerHTML.slice(0, 80)), pictures,
    };
  });
  const result = document.createElement("pre");
  result.id = "measured";
  result.textContent = JSON.stringify(frames);
  document.body.append(result);
});
"#;

/// What the browser said.
#[derive(Debug)]
pub struct Rendered {
    /// Each page in each width, in the order in which they were given.
    pub frames: Vec<Value>,
    /// What pages wrote to the console, errors among it.
    pub console: Vec<String>,
}

/// Renders pages, each with a name and a width in pixels.
pub fn render(pages: &[(String, String, u32)]) -> Rendered {
    let directory = tempfile::tempdir().expect("a directory");
    let around = directory.path().join("around.html");
    fs::write(&around, page_around(pages)).expect("written");
    let mut command = Command::new("timeout");
    command.args([PATIENCE_SECONDS, "chromium", "--headless=new", "--no-sandbox", "--disable-gpu"]);
    command.args(["--no-first-run", "--disable-extensions", "--disable-dev-shm-usage"]);
    command.args(["--enable-logging=stderr", "--v=0", "--dump-dom"]);
    command.arg(format!("--user-data-dir={}", directory.path().join("profile").display()));
    command.arg(format!("file://{}", around.display()));
    let output = command.stdin(Stdio::null()).output().expect("the browser runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {stderr}", output.status);
    let console = stderr.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned);
    let frames = measured(&String::from_utf8_lossy(&output.stdout));
    Rendered { frames, console: console.collect() }
}

/// A page with a frame for each page. A browser treats a frame like a window of that width.
fn page_around(pages: &[(String, String, u32)]) -> String {
    let mut around = "<!DOCTYPE html><meta charset=utf-8><body>".to_owned();
    for (name, page, width) in pages {
        around += &format!(
            "<iframe title=\"{name}\" style=\"width:{width}px;height:2000px;border:0\" \
             srcdoc=\"{}\"></iframe>",
            page.replace('&', "&amp;").replace('"', "&quot;")
        );
    }
    format!("{around}<script>{MEASURE}</script>")
}

fn measured(dom: &str) -> Vec<Value> {
    let start = "<pre id=\"measured\">";
    let text = dom.split(start).nth(1).and_then(|rest| rest.split("</pre>").next());
    let text = text.unwrap_or_else(|| panic!("nothing was measured: {dom}"));
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\u{a0}");
    serde_json::from_str(&text.replace("&amp;", "&")).expect("JSON")
}
