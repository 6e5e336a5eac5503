/* The kernel's ELF64 image: is it one, and which physical page stands behind each of its linear pages? */
#include "loader.h"

#define PAGE_MASK ((u64)(PAGE_4K - 1))
#define LINUX_TEXT_SIZE 0x20000000u /* Linux's KERNEL_IMAGE_SIZE without KASLR: 512 MiB. */

static const struct elf64_phdr *segment_of(const struct elf64_ehdr *elf, u32 i) {
  return (const struct elf64_phdr *)((u32)elf + (u32)elf->e_phoff) + i;
}

static u64 page_down(u64 address) { return address & ~PAGE_MASK; }
static u64 page_up(u64 address) { return (address + PAGE_MASK) & ~PAGE_MASK; }

/* Adds a segment to the handover, which doubles as the loader's own list of them. */
static void note_segment(const struct elf64_phdr *phdr) {
  if (handover.segment_count == HANDOVER_SEGMENTS) {
    fail("more PT_LOAD segments than", HANDOVER_SEGMENTS);
  }
  for (u32 i = 0; i < handover.segment_count; i++) {
    const struct handover_segment *other = &handover.segments[i];
    if (page_down(phdr->p_vaddr) < page_up(other->linear + other->memory_bytes) &&
        page_up(phdr->p_vaddr + phdr->p_memsz) > page_down(other->linear)) {
      fail("two segments share a page", phdr->p_vaddr);
    }
  }
  struct handover_segment *segment = &handover.segments[handover.segment_count++];
  segment->linear = phdr->p_vaddr;
  segment->file_bytes = phdr->p_filesz;
  segment->memory_bytes = phdr->p_memsz;
  segment->flags = phdr->p_flags;
}

const struct elf64_ehdr *kernel_check(u32 start, u32 end) {
  const struct elf64_ehdr *elf = (const struct elf64_ehdr *)start;
  const u32 size = end - start;
  if (end > DIRECT_SIZE) {
    fail("the module ends above the direct map", end);
  }
  if (elf->ei_data != ELFDATA2LSB || elf->e_type != ET_EXEC || elf->e_machine != EM_X86_64) {
    fail("the module is not a little-endian x86-64 executable; e_machine", elf->e_machine);
  }
  if (elf->e_phentsize != sizeof(struct elf64_phdr) || elf->e_phoff > size ||
      elf->e_phnum * sizeof(struct elf64_phdr) > size - elf->e_phoff) {
    fail("the program headers are not inside the module; e_phoff", elf->e_phoff);
  }
  int entry_is_code = 0;
  for (u32 i = 0; i < elf->e_phnum; i++) {
    const struct elf64_phdr *phdr = segment_of(elf, i);
    if (phdr->p_type != PT_LOAD || phdr->p_memsz == 0) {
      continue;
    }
    if (phdr->p_filesz > phdr->p_memsz || phdr->p_offset > size || phdr->p_filesz > size - phdr->p_offset) {
      fail("a segment is not inside the module; p_offset", phdr->p_offset);
    }
    if (phdr->p_vaddr < KERNEL_BASE || phdr->p_memsz > -PAGE_MASK - phdr->p_vaddr) {
      fail("a segment is not in the last 2 GiB; p_vaddr", phdr->p_vaddr);
    }
    note_segment(phdr);
    entry_is_code |= (phdr->p_flags & PF_X) && elf->e_entry >= phdr->p_vaddr &&
                     elf->e_entry - phdr->p_vaddr < phdr->p_filesz;
  }
  if (!entry_is_code) {
    fail("the entry point is in no executable segment", elf->e_entry);
  }
  return elf;
}

static u64 leaf_flags(const struct elf64_phdr *phdr) {
  return PTE_P | (phdr->p_flags & PF_W ? PTE_RW : 0) | (phdr->p_flags & PF_X ? 0 : PTE_XD);
}

static void print_segment(const struct elf64_phdr *phdr) {
  print("loader: segment %x %c%c%c offset %x file %x memory %x: ", phdr->p_vaddr, phdr->p_flags & PF_R ? 'r' : '-',
        phdr->p_flags & PF_W ? 'w' : '-', phdr->p_flags & PF_X ? 'x' : '-', phdr->p_offset, phdr->p_filesz,
        phdr->p_memsz);
}

/* A page of the module serves as a page of the kernel if it has the same offset within its page in both and every byte
 * of it that the segment claims comes from the file. Otherwise, as at the end of the file part, where the module
 * goes on with something else and the bss needs zeros, the page is a fresh one and its file bytes are copied. */
void kernel_map_in_place(const struct elf64_ehdr *elf) {
  for (u32 i = 0; i < elf->e_phnum; i++) {
    const struct elf64_phdr *phdr = segment_of(elf, i);
    if (phdr->p_type != PT_LOAD || phdr->p_memsz == 0) {
      continue;
    }
    const u64 file_start = (u32)elf + phdr->p_offset;
    const u64 file_end = phdr->p_vaddr + phdr->p_filesz;
    const u64 memory_end = phdr->p_vaddr + phdr->p_memsz;
    const int congruent = ((file_start ^ phdr->p_vaddr) & PAGE_MASK) == 0;
    u32 in_place = 0, copied = 0, zeroed = 0;
    for (u64 page = page_down(phdr->p_vaddr); page < memory_end; page += PAGE_4K) {
      const u64 first = page < phdr->p_vaddr ? phdr->p_vaddr : page;
      const u64 memory_last = memory_end < page + PAGE_4K ? memory_end : page + PAGE_4K;
      const u64 last = file_end < memory_last ? file_end : memory_last;
      u32 physical;
      if (congruent && last == memory_last) {
        physical = (u32)page_down(file_start + (first - phdr->p_vaddr));
        in_place++;
      } else {
        physical = memory_allocate_page();
        if (last > first) {
          memcpy((u8 *)physical + (first & PAGE_MASK), (const u8 *)(u32)(file_start + (first - phdr->p_vaddr)),
                 (u32)(last - first));
          copied++;
        } else {
          zeroed++;
        }
      }
      paging_map_4k(page, physical, leaf_flags(phdr));
    }
    print_segment(phdr);
    print("%u in place, %u copied, %u zeroed%s\n", in_place, copied, zeroed,
          congruent ? "" : " (file offset and address differ within the page)");
  }
}

/* Linux's own shape: segments are copied to p_paddr, and one window of 512 MiB from physical 0 maps text, data and all. */
void kernel_map_like_linux(const struct elf64_ehdr *elf) {
  for (u32 i = 0; i < elf->e_phnum; i++) {
    const struct elf64_phdr *phdr = segment_of(elf, i);
    if (phdr->p_type != PT_LOAD || phdr->p_memsz == 0) {
      continue;
    }
    if (phdr->p_vaddr - phdr->p_paddr != KERNEL_BASE || phdr->p_paddr + phdr->p_memsz > LINUX_TEXT_SIZE) {
      fail("layout=linux needs p_vaddr - p_paddr = 0xffffffff80000000; p_paddr", phdr->p_paddr);
    }
    const u64 start = page_down(phdr->p_paddr);
    const u64 end = page_up(phdr->p_paddr + phdr->p_memsz);
    if (!memory_is_free(start, end)) {
      fail("the segment's physical place is not free RAM; p_paddr", phdr->p_paddr);
    }
    memory_reserve(start, end);
    memset((void *)(u32)start, 0, (u32)(end - start));
    memcpy((void *)(u32)phdr->p_paddr, (const u8 *)((u32)elf + (u32)phdr->p_offset), (u32)phdr->p_filesz);
    print_segment(phdr);
    print("copied to %x\n", phdr->p_paddr);
  }
  for (u64 offset = 0; offset < LINUX_TEXT_SIZE; offset += PAGE_4K) {
    paging_map_4k(KERNEL_BASE + offset, offset, PTE_P | PTE_RW | PTE_XD);
  }
  for (u32 i = 0; i < handover.segment_count; i++) {
    const struct handover_segment *segment = &handover.segments[i];
    const u64 flags = PTE_P | (segment->flags & PF_W ? PTE_RW : 0) | (segment->flags & PF_X ? 0 : PTE_XD);
    for (u64 page = page_down(segment->linear); page < segment->linear + segment->memory_bytes; page += PAGE_4K) {
      paging_protect_4k(page, flags);
    }
  }
  print("loader: kernel window %x + %x by 4 KiB pages from physical 0\n", KERNEL_BASE, (u64)LINUX_TEXT_SIZE);
}

/* The mistake this project began with: a window of 2 MiB from physical 0, as if the kernel were linked and loaded there.
 * It is linked beyond the window's end, so the loader's first call lands where nothing is mapped. */
void kernel_map_nowhere(void) {
  for (u64 offset = 0; offset < PAGE_2M; offset += PAGE_4K) {
    paging_map_4k(KERNEL_BASE + offset, offset, PTE_P | PTE_RW);
  }
  print("loader: kernel window %x + %x by 4 KiB pages from physical 0\n", KERNEL_BASE, (u64)PAGE_2M);
}
