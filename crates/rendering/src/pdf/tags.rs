//! The logical structure of a file: which element of the text each mark belongs to, for those who listen to a page.
//!
//! In: elements in reading order, as blocks are set. Out: the structure tree, written after the pages are. What is
//! repeated on pages and what only decorates belongs to no element. An element without any mark is left out.
//!
//! Source: ISO 32000-1, 14.7 and 14.8 (PDF 1.4 has the same); ISO 19005-1, 6.8, as far as it can be held without judge.

use pdf_writer::{Chunk, Name, Ref, Settings, TextStr};

/// What an element is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    Document,
    H1,
    H2,
    H3,
    P,
    L,
    Li,
    LBody,
    Table,
    Tr,
    Th,
    Td,
    Figure,
}

impl Role {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Document => "Document",
            Self::H1 => "H1",
            Self::H2 => "H2",
            Self::H3 => "H3",
            Self::P => "P",
            Self::L => "L",
            Self::Li => "LI",
            Self::LBody => "LBody",
            Self::Table => "Table",
            Self::Tr => "TR",
            Self::Th => "TH",
            Self::Td => "TD",
            Self::Figure => "Figure",
        }
    }
}

/// An element, by its rank; the first is the document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Tag(usize);

struct Element {
    role: Role,
    parent: usize,
    /// What stands for a drawing.
    alt: &'static str,
    /// Columns and rows that a cell takes.
    span: (u16, u16),
}

/// The elements of a file, and which one each mark belongs to.
pub(super) struct Tags {
    elements: Vec<Element>,
    /// The elements that are open, outermost first.
    open: Vec<usize>,
    /// From which mark on which element, in the order of marks.
    starts: Vec<(usize, Tag)>,
}

impl Tags {
    pub(super) fn new() -> Self {
        let document = Element { role: Role::Document, parent: 0, alt: "", span: (1, 1) };
        Self { elements: vec![document], open: vec![0], starts: Vec::new() }
    }

    /// Adds an element at the end of an open one.
    pub(super) fn add(&mut self, role: Role) -> Tag {
        let parent = self.open.last().copied().unwrap_or(0);
        self.elements.push(Element { role, parent, alt: "", span: (1, 1) });
        Tag(self.elements.len() - 1)
    }

    /// Adds a drawing to an element, with the words that stand for it.
    pub(super) fn add_figure(&mut self, to: Option<Tag>, alt: &'static str) -> Tag {
        let figure = self.add(Role::Figure);
        let element = &mut self.elements[figure.0];
        element.alt = alt;
        if let Some(Tag(parent)) = to {
            element.parent = parent;
        }
        figure
    }

    /// Says how many columns and rows a cell takes.
    pub(super) fn set_span(&mut self, Tag(cell): Tag, span: (u16, u16)) {
        self.elements[cell].span = span;
    }

    /// The marks from this one on belong to that element.
    pub(super) fn start(&mut self, first_mark: usize, tag: Tag) {
        self.starts.push((first_mark, tag));
    }

    /// Opens an element: the next ones are added to it.
    pub(super) fn open(&mut self, role: Role) {
        let Tag(element) = self.add(role);
        self.open.push(element);
    }

    /// Closes the element opened last.
    pub(super) fn close(&mut self) {
        if self.open.len() > 1 {
            self.open.pop();
        }
    }

    /// Whether the element opened last is of that role.
    pub(super) fn is_open(&self, role: Role) -> bool {
        self.open.last().is_some_and(|element| self.elements[*element].role == role)
    }

    /// The element of a mark and its role.
    pub(super) fn of(&self, mark: usize) -> Option<(Tag, Role)> {
        let at = self.starts.partition_point(|(first, _)| *first <= mark);
        let (_, tag) = *self.starts.get(at.checked_sub(1)?)?;
        Some((tag, self.elements[tag.0].role))
    }

    /// Writes the tree; gives its root.
    ///
    /// `marked`: for each page its object and the element of each of its stretches of marked content, in order.
    /// `first`: the first free object; those after it are free too.
    pub(super) fn write(&self, marked: &[(Ref, Vec<Tag>)], first: Ref) -> (Ref, Chunk) {
        let mut content: Vec<Vec<(usize, i32)>> = self.elements.iter().map(|_| Vec::new()).collect();
        for (page, (_, tags)) in marked.iter().enumerate() {
            for (id, Tag(element)) in tags.iter().enumerate() {
                content[*element].push((page, id as i32));
            }
        }
        // Children come after their parents. Cells without words are kept: those after them stand in their column.
        let mut is_kept: Vec<bool> = content.iter().map(|stretches| !stretches.is_empty()).collect();
        is_kept[0] = true;
        for at in (1..self.elements.len()).rev() {
            is_kept[self.elements[at].parent] |= is_kept[at];
        }
        let mut children: Vec<Vec<usize>> = self.elements.iter().map(|_| Vec::new()).collect();
        for (at, element) in self.elements.iter().enumerate().skip(1) {
            is_kept[at] |= matches!(element.role, Role::Td | Role::Th) && is_kept[element.parent];
            if is_kept[at] {
                children[element.parent].push(at);
            }
        }
        let reference = |element: usize| Ref::new(first.get() + 1 + element as i32);
        let page_marks = |page: usize| Ref::new(first.get() + 1 + (self.elements.len() + page) as i32);
        let mut chunk = Chunk::with_settings(Settings { pretty: false });
        for (at, element) in self.elements.iter().enumerate() {
            if !is_kept[at] {
                continue;
            }
            let mut dictionary = chunk.indirect(reference(at)).dict();
            dictionary.pair(Name(b"S"), Name(element.role.name().as_bytes()));
            dictionary.pair(Name(b"P"), if at == 0 { first } else { reference(element.parent) });
            let page = content[at].first().map(|(page, _)| *page);
            if let Some(page) = page {
                dictionary.pair(Name(b"Pg"), marked[page].0);
            }
            let mut kids = dictionary.insert(Name(b"K")).array();
            for (of, id) in &content[at] {
                if Some(*of) == page {
                    kids.item(*id);
                } else {
                    let mut elsewhere = kids.push().dict();
                    elsewhere.pair(Name(b"Type"), Name(b"MCR"));
                    elsewhere.pair(Name(b"Pg"), marked[*of].0).pair(Name(b"MCID"), *id);
                }
            }
            children[at].iter().for_each(|child| _ = kids.item(reference(*child)));
            drop(kids);
            if !element.alt.is_empty() {
                dictionary.pair(Name(b"Alt"), TextStr(element.alt));
            }
            attributes(&mut dictionary, element);
        }
        let mut root = chunk.indirect(first).dict();
        root.pair(Name(b"Type"), Name(b"StructTreeRoot")).pair(Name(b"K"), reference(0));
        let mut tree = root.insert(Name(b"ParentTree")).dict();
        let mut numbers = tree.insert(Name(b"Nums")).array();
        for page in 0..marked.len() {
            numbers.item(page as i32).item(page_marks(page));
        }
        drop(numbers);
        drop(tree);
        root.pair(Name(b"ParentTreeNextKey"), marked.len() as i32);
        drop(root);
        for (page, (_, tags)) in marked.iter().enumerate() {
            chunk.indirect(page_marks(page)).array().items(tags.iter().map(|Tag(element)| reference(*element)));
        }
        (first, chunk)
    }
}

/// What a cell spans and what a heading heads.
fn attributes(dictionary: &mut pdf_writer::Dict<'_>, element: &Element) {
    let (n_columns, n_rows) = element.span;
    if element.role != Role::Th && (n_columns, n_rows) == (1, 1) {
        return;
    }
    let mut attributes = dictionary.insert(Name(b"A")).dict();
    attributes.pair(Name(b"O"), Name(b"Table"));
    if element.role == Role::Th {
        attributes.pair(Name(b"Scope"), Name(b"Column"));
    }
    for (name, n) in [(&b"ColSpan"[..], n_columns), (b"RowSpan", n_rows)] {
        if n > 1 {
            attributes.pair(Name(name), i32::from(n));
        }
    }
}
