//! Blocks to pages: where each block stands, what is repeated, what stays together.
//!
//! In: the body's blocks in order. Out: pages of placed blocks. Does not know what a block shows.

use super::compose::{Composer, Follow};

/// A4, in points.
pub(super) const PAGE: (f32, f32) = (595.28, 841.89);
/// Left edge of the body.
pub(super) const LEFT: f32 = 42.0;
/// Width of the body.
pub(super) const WIDTH: f32 = PAGE.0 - 2.0 * LEFT;
/// Right edge of the body.
pub(super) const RIGHT: f32 = LEFT + WIDTH;
/// Top of the body on the first page.
pub(super) const FIRST_TOP: f32 = 34.0;
/// Top of the body on the next ones, under the running header.
pub(super) const NEXT_TOP: f32 = 58.0;
/// Bottom of the body, above the footer.
pub(super) const BOTTOM: f32 = PAGE.1 - 50.0;

/// A block on a page: its number and its top.
#[derive(Clone, Copy)]
pub(super) struct Placed {
    pub(super) block: usize,
    pub(super) top: f32,
}

/// Places the body, page by page; at least one page.
///
/// Blocks tied together move together unless they fill more than a page.
pub(super) fn paginate(composer: &Composer) -> Vec<Vec<Placed>> {
    let mut pages = Pages { composer, all: vec![Vec::new()], top: FIRST_TOP };
    let flow = &composer.flow;
    let mut at = 0;
    while at < flow.len() {
        let tied = flow[at..].iter().take_while(|block| composer.blocks[**block].follow == Follow::WithNext).count();
        let group = &flow[at..flow.len().min(at + tied + 1)];
        if !pages.has_room(group) {
            pages.turn(group[0]);
        }
        for block in group {
            if !pages.has_room(std::slice::from_ref(block)) {
                pages.turn(*block);
            }
            pages.place(*block);
        }
        at += group.len();
    }
    pages.all
}

struct Pages<'a> {
    composer: &'a Composer,
    all: Vec<Vec<Placed>>,
    top: f32,
}

impl Pages<'_> {
    fn page_is_empty(&self) -> bool {
        self.all.last().is_none_or(Vec::is_empty)
    }

    fn has_room(&self, group: &[usize]) -> bool {
        let height: f32 =
            group.iter().map(|block| self.composer.blocks[*block].gap + self.composer.blocks[*block].height).sum();
        let dropped = if self.page_is_empty() { self.composer.blocks[group[0]].gap } else { 0.0 };
        self.page_is_empty() && group.len() == 1 || self.top + height - dropped <= BOTTOM
    }

    /// Starts a page for a block. A page that holds nothing is kept.
    fn turn(&mut self, block: usize) {
        if self.page_is_empty() {
            return;
        }
        self.all.push(Vec::new());
        self.top = NEXT_TOP;
        if let Some(repeated) = self.composer.blocks[block].repeated {
            self.place(repeated);
        }
    }

    fn place(&mut self, block: usize) {
        let at = &self.composer.blocks[block];
        if !self.page_is_empty() {
            self.top += at.gap;
        }
        let top = self.top;
        if let Some(page) = self.all.last_mut() {
            page.push(Placed { block, top });
        }
        self.top += at.height;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf::fonts::Fonts;

    fn composer(blocks: &[(f32, Follow)]) -> Composer {
        let mut composer = Composer::new(Fonts::shared(), 0);
        for (height, follow) in blocks {
            composer.flow(0.0, *height, *follow);
        }
        composer
    }

    #[test]
    fn a_heading_goes_to_the_page_of_what_it_heads() {
        let pages = paginate(&composer(&[(700.0, Follow::Free), (40.0, Follow::WithNext), (60.0, Follow::Free)]));
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn every_block_is_placed_once_inside_its_page_even_when_tied_blocks_fill_several() {
        let blocks: Vec<_> = (0..100).map(|_| (90.0, Follow::WithNext)).collect();
        let pages = paginate(&composer(&blocks));
        let placed: Vec<usize> = pages.iter().flatten().map(|placed| placed.block).collect();
        assert_eq!(placed, (0..100).collect::<Vec<_>>());
        assert!(pages.iter().flatten().all(|placed| placed.top + 90.0 <= BOTTOM));
    }

    #[test]
    fn a_table_header_is_repeated_where_the_table_continues() {
        let mut composer = Composer::new(Fonts::shared(), 0);
        let header = composer.end_block(20.0);
        composer.repeated = Some(header);
        for _ in 0..20 {
            composer.flow(0.0, 70.0, Follow::Free);
        }
        let pages = paginate(&composer);
        assert!(pages.len() > 1);
        assert!(pages[0].iter().all(|placed| placed.block != header));
        assert!(pages[1..].iter().all(|page| page[0].block == header));
    }
}
