//! Reads pages back as a browser does.

use html5ever::{ParseOpts, parse_document, tendril::TendrilSink};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// A page as a browser sees it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    /// Each element in document order: its name and the names of its attributes.
    pub(crate) elements: Vec<String>,
    /// Each text node.
    pub(crate) texts: Vec<String>,
    /// Each attribute: element, name, value.
    pub(crate) attributes: Vec<(String, String, String)>,
    /// What the parser complained about.
    pub(crate) errors: Vec<String>,
}

impl Page {
    pub(crate) fn read(html: &str) -> Self {
        let dom = parse_document(RcDom::default(), ParseOpts::default()).one(html);
        let errors = dom.errors.borrow().iter().map(ToString::to_string).collect();
        let mut page = Self { errors, ..Self::default() };
        page.walk(&dom.document);
        page
    }

    /// Reads the content of a feed's entry.
    pub(crate) fn read_fragment(html: &str) -> Self {
        Self::read(&format!("<!DOCTYPE html><html><head><title>x</title></head><body>{html}</body></html>"))
    }

    fn walk(&mut self, node: &Handle) {
        match &node.data {
            NodeData::Text { contents } => self.texts.push(contents.borrow().to_string()),
            NodeData::Element { name, attrs, .. } => {
                let element = name.local.to_string();
                let mut shape = element.clone();
                for attribute in attrs.borrow().iter() {
                    let key = attribute.name.local.to_string();
                    shape.push(' ');
                    shape.push_str(&key);
                    self.attributes.push((element.clone(), key, attribute.value.to_string()));
                }
                self.elements.push(shape);
            }
            NodeData::Comment { contents } => self.elements.push(format!("<!--{contents}-->")),
            _ => {}
        }
        for child in node.children.borrow().iter() {
            self.walk(child);
        }
    }

    pub(crate) fn has_text(&self, text: &str) -> bool {
        self.texts.iter().any(|node| node == text)
    }

    /// Addresses that the page leads to or loads.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = &str> {
        let address = |(_, key, _): &&(String, String, String)| ["href", "src", "action"].contains(&key.as_str());
        self.attributes.iter().filter(address).map(|(_, _, value)| value.as_str())
    }
}
