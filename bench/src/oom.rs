//! The end of memory: one line, and exit code 1.

use std::alloc::{GlobalAlloc, Layout};
use std::io::{Cursor, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// An allocator that ends the process where it has no memory, with a line on stderr and exit code 1. Rust's own end is
/// several lines and SIGABRT.
#[derive(Debug)]
pub struct Ending<A> {
    /// Who gives the memory.
    pub allocator: A,
    /// The program's name, for the line.
    pub program: &'static str,
}

impl<A> Ending<A> {
    #[inline(always)]
    fn had(&self, block: *mut u8, bytes: usize) -> *mut u8 {
        if block.is_null() {
            self.end(bytes);
        }
        block
    }

    #[cold]
    #[inline(never)]
    fn end(&self, bytes: usize) -> ! {
        static ENDS: AtomicBool = AtomicBool::new(false);
        // Relaxed: who is the first to swap speaks, nothing is published by it.
        while ENDS.swap(true, Ordering::Relaxed) {
            std::thread::yield_now();
        }
        let mut line = [0; 160];
        let mut out = Cursor::new(&mut line[..]);
        // What is longer than its place is cut: there is nowhere to put it.
        let _ = writeln!(
            out,
            "{}: no memory for {bytes} bytes more: take fewer actors, or raise the process's limits",
            self.program
        );
        let length = out.position() as usize;
        // SAFETY: the kernel reads so many bytes of an array that has them; `_exit` runs nothing that would allocate.
        unsafe {
            libc::write(libc::STDERR_FILENO, line.as_ptr().cast(), length);
            libc::_exit(1)
        }
    }
}

// SAFETY: all blocks come from the inner allocator and go back to it, with the layouts that were asked for; null is
// never given.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Ending<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        self.had(unsafe { self.allocator.alloc(layout) }, layout.size())
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        self.had(unsafe { self.allocator.alloc_zeroed(layout) }, layout.size())
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: as the caller promises.
        self.had(unsafe { self.allocator.realloc(block, layout, bytes) }, bytes)
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { self.allocator.dealloc(block, layout) }
    }
}
