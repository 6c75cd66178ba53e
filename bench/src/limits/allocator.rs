//! The allocators that are compared, each by its own functions: the global one is but one of them.

use std::ptr::NonNull;

/// Why there is no figure of mimalloc.
pub const NO_MIMALLOC: &str = "built without the feature mimalloc";

/// A source of blocks of 64 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allocator {
    /// mimalloc.
    #[cfg(feature = "mimalloc")]
    Mimalloc,
    /// malloc and free of the system's C library.
    Libc,
}

/// 64 bytes of an [`Allocator`], to be given back to the same one.
#[derive(Debug)]
pub struct Block(NonNull<u64>);

// SAFETY: a block is owned by who has it, and both allocators take back on any thread what they gave on another.
unsafe impl Send for Block {}

const BYTES: usize = 64;

impl Allocator {
    /// mimalloc, where it was compiled in.
    pub fn mimalloc() -> Option<Self> {
        #[cfg(feature = "mimalloc")]
        return Some(Self::Mimalloc);
        #[cfg(not(feature = "mimalloc"))]
        None
    }

    /// A block with `value` in its first word, so that it was touched.
    ///
    /// # Panics
    /// When there is no memory left.
    #[inline]
    pub fn allocate(self, value: u64) -> Block {
        let at: *mut u8 = match self {
            #[cfg(feature = "mimalloc")]
            Self::Mimalloc => {
                // SAFETY: the layout is not of zero bytes.
                unsafe { std::alloc::GlobalAlloc::alloc(&mimalloc::MiMalloc, LAYOUT) }
            }
            // SAFETY: malloc takes any size.
            Self::Libc => unsafe { libc::malloc(BYTES) }.cast(),
        };
        let at = NonNull::new(at.cast::<u64>()).expect("64 bytes of memory");
        // SAFETY: 64 bytes, aligned for a word by either allocator, and nobody else's.
        unsafe { at.write(value) };
        Block(at)
    }

    /// Gives back a block that came of this allocator.
    #[inline]
    pub fn free(self, block: Block) {
        match self {
            #[cfg(feature = "mimalloc")]
            Self::Mimalloc => {
                let block = block.0.as_ptr().cast();
                // SAFETY: of this allocator and layout, and owned.
                unsafe { std::alloc::GlobalAlloc::dealloc(&mimalloc::MiMalloc, block, LAYOUT) };
            }
            // SAFETY: of malloc, and owned.
            Self::Libc => unsafe { libc::free(block.0.as_ptr().cast()) },
        }
    }
}

#[cfg(feature = "mimalloc")]
const LAYOUT: std::alloc::Layout = std::alloc::Layout::new::<[u64; BYTES / size_of::<u64>()]>();
