/* Reads what multiboot gave, chooses the layout, and leaves for the kernel. */
#include "../common/processor.h"
#include "loader.h"

struct handover handover;

void fail(const char *what, u64 value) {
  print("loader: FAIL: %s (%x)\n", what, value);
  leave(EXIT_FAIL);
}

static const char *text_at(u32 address) { return address ? (const char *)address : ""; }

static enum layout chosen_layout(const char *cmdline) {
  if (!option(cmdline, "layout") || option_is(cmdline, "layout", "module")) {
    return LAYOUT_MODULE;
  }
  if (option_is(cmdline, "layout", "linux")) {
    return LAYOUT_LINUX;
  }
  if (option_is(cmdline, "layout", "broken")) {
    return LAYOUT_BROKEN;
  }
  fail("layout= must be module, linux or broken", 0);
}

/* CPUID exists if EFLAGS.ID can be changed (SDM Vol. 2A, "CPUID"). */
static int has_cpuid(void) {
  u32 before, after;
  __asm__ volatile(
      "pushf\n pop %0\n mov %0, %1\n xor %2, %1\n push %1\n popf\n pushf\n pop %1\n push %0\n popf"
      : "=&r"(before), "=&r"(after)
      : "i"(RFLAGS_ID)
      : "cc");
  return ((before ^ after) & RFLAGS_ID) != 0;
}

static void check_processor(void) {
  if (!has_cpuid()) {
    fail("the processor has no CPUID", 0);
  }
  if (cpuid(0x80000000, 0).eax < 0x80000001) {
    fail("the processor has no CPUID leaf", 0x80000001);
  }
  const u32 edx = cpuid(0x80000001, 0).edx;
  if (!(edx & CPUID_80000001_EDX_LM)) {
    fail("the processor has no long mode", edx);
  }
  if (!(edx & CPUID_80000001_EDX_NX)) {
    fail("the processor has no execute-disable", edx);
  }
}

/* The boot information may lie anywhere below 4 GiB, so every part of it is reserved before a page is allocated. */
static void reserve_boot_information(const struct multiboot_info *info) {
  memory_reserve((u32)loader_start, (u32)loader_end);
  memory_reserve((u32)info, (u32)(info + 1));
  if (info->flags & MULTIBOOT_INFO_CMDLINE) {
    memory_reserve(info->cmdline, info->cmdline + text_length(text_at(info->cmdline)) + 1);
  }
  if (info->flags & MULTIBOOT_INFO_MMAP) {
    memory_reserve(info->mmap_addr, (u64)info->mmap_addr + info->mmap_length);
  }
  const struct multiboot_module *module = (const struct multiboot_module *)info->mods_addr;
  memory_reserve(info->mods_addr, (u32)(module + info->mods_count));
  for (u32 i = 0; i < info->mods_count; i++, module++) {
    print("loader: module %u at %x-%x \"%s\"\n", i, (u64)module->mod_start, (u64)module->mod_end,
          text_at(module->string));
    memory_reserve(module->mod_start, module->mod_end);
    if (module->string) {
      memory_reserve(module->string, module->string + text_length(text_at(module->string)) + 1);
    }
  }
}

static const struct multiboot_module *find_kernel(const struct multiboot_info *info) {
  const struct multiboot_module *module = (const struct multiboot_module *)info->mods_addr;
  for (u32 i = 0; i < info->mods_count; i++, module++) {
    const struct elf64_ehdr *elf = (const struct elf64_ehdr *)module->mod_start;
    if (module->mod_end - module->mod_start >= sizeof *elf && elf->ei_magic == ELFMAG && elf->ei_class == ELFCLASS64) {
      return module;
    }
  }
  fail("no module is an ELF64 image; modules", info->mods_count);
}

static void map_loader(void) {
  for (u32 page = (u32)loader_start; page < (u32)loader_end; page += PAGE_4K) {
    paging_map_4k(page, page, page < (u32)loader_text_end ? PTE_P : PTE_P | PTE_RW | PTE_XD);
  }
  print("loader: identity map %x-%x by 4 KiB pages\n", (u64)(u32)loader_start, (u64)(u32)loader_end);
}

static void map_direct(void) {
  for (u64 offset = 0; offset < DIRECT_SIZE; offset += PAGE_2M) {
    paging_map_2m(DIRECT_BASE + offset, offset, PTE_P | PTE_RW | PTE_XD);
  }
  print("loader: direct map %x + %x by 2 MiB pages\n", DIRECT_BASE, DIRECT_SIZE);
}

__attribute__((noreturn)) void loader_main(u32 magic, const struct multiboot_info *info) {
  console_open();
  print("loader: entered in protected mode, CR0 %x\n", (u64)read_cr0());
  if (magic != MULTIBOOT_BOOTLOADER_MAGIC) {
    fail("EAX is not the multiboot magic", magic);
  }
  if (!(read_cr0() & CR0_PE) || read_cr0() & CR0_PG) {
    fail("CR0 is not as multiboot promises", read_cr0());
  }
  print("loader: multiboot information, flags %x\n", (u64)info->flags);
  check_processor();
  const char *cmdline = info->flags & MULTIBOOT_INFO_CMDLINE ? text_at(info->cmdline) : "";
  const enum layout layout = chosen_layout(cmdline);
  if (!(info->flags & MULTIBOOT_INFO_MODS) || info->mods_count == 0) {
    fail("no module: give the kernel as the first one", info->flags);
  }

  memory_open(info);
  reserve_boot_information(info);
  const struct multiboot_module *module = find_kernel(info);
  const struct elf64_ehdr *elf = kernel_check(module->mod_start, module->mod_end);

  paging_open();
  map_loader();
  map_direct();
  if (layout == LAYOUT_MODULE) {
    kernel_map_in_place(elf);
  } else if (layout == LAYOUT_LINUX) {
    kernel_map_like_linux(elf);
  } else {
    kernel_map_nowhere();
  }
  print("loader: %u pages allocated, %u of them page tables, PML4 at %x\n", memory_pages_used(), paging_tables(),
        (u64)paging_root());

  handover.magic = HANDOVER_MAGIC;
  handover.layout = layout;
  handover.entry = elf->e_entry;
  handover.pml4 = paging_root();
  handover.direct_base = DIRECT_BASE;
  handover.direct_size = DIRECT_SIZE;
  handover.cmdline = (u32)text_at(module->string);
  handover.module_start = module->mod_start;
  handover.module_end = module->mod_end;
  handover.loader_start = (u32)loader_start;
  handover.loader_end = (u32)loader_end;
  handover.memory_end = memory_end();
  static u64 handover_linear;
  handover_linear = DIRECT_BASE + (u32)&handover;
  print("loader: entering the kernel at %x\n", handover.entry);
  enter_kernel(paging_root(), &handover.entry, &handover_linear);
}
