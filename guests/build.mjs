// Builds the guests with gcc and binutils into guests/bin. With --check, builds them in a temporary folder instead and
// compares byte for byte with what is committed: the binaries in the repository are those of the sources beside them.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const GUESTS = dirname(fileURLToPath(import.meta.url));
const COMMITTED = join(GUESTS, 'bin');

// Nothing that depends on where or when the build runs may reach a binary: no debug information, no identification
// string, no build id. -mgeneral-regs-only keeps x87, MMX and SSE out of everything but a target's `vector` sources; the
// loop pass would turn the loops of memset and friends into calls of themselves.
const GENERAL_REGISTERS = '-mgeneral-regs-only';
const COMPILE = [
  '-std=gnu11',
  '-O2',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-ffreestanding',
  '-fno-pic',
  '-fno-pie',
  '-fno-stack-protector',
  '-fno-asynchronous-unwind-tables',
  '-fno-ident',
  '-fno-tree-loop-distribute-patterns',
  '-fno-strict-aliasing',
  '-fcf-protection=none',
  GENERAL_REGISTERS,
  '-g0',
];
const MODE_32 = ['-m32', '-march=i686', '-Wno-int-to-pointer-cast', '-Wno-pointer-to-int-cast'];
const MODE_64 = ['-m64', '-march=x86-64', '-mno-red-zone'];
const LINK = ['-nostdlib', '-static', '-no-pie', '-Wl,--build-id=none', '-Wl,--no-warn-rwx-segments'];

const COMMON = ['common/console.c', 'common/text.c'];
const KERNEL_SOURCES = ['entry.S', 'main.c', 'memory.c', 'traps.c', 'user.c'].map(
  (f) => `higher-half/kernel-${f}`,
);
const LOADER_SOURCES = ['entry.S', 'main.c', 'memory.c', 'paging.c', 'segments.c'].map(
  (f) => `higher-half/loader-${f}`,
);

/** The higher-half kernel at one link address; `nmagic` gives up the congruence of file offsets and addresses. */
function kernel(file, address, nmagic = false) {
  return {
    file: `higher-half/${file}`,
    sources: [...KERNEL_SOURCES, ...COMMON],
    script: 'higher-half/kernel.ld',
    compile: [...MODE_64, '-mcmodel=kernel'],
    link: [
      '-m64',
      `-Wl,--defsym=KERNEL_VMA=${address}`,
      ...(nmagic ? ['-Wl,-n'] : ['-Wl,-z,max-page-size=0x200000', '-Wl,-z,common-page-size=0x1000']),
    ],
  };
}

const PAGES_4K = ['-Wl,-z,max-page-size=0x1000', '-Wl,-z,noseparate-code'];

// Multiboot 1 as QEMU reads it wants ELF32. An image with 64-bit code needs 64-bit relocations while it is linked; below
// 4 GiB it can be rewritten afterwards.
const TO_ELF32 = ['-I', 'elf64-x86-64', '-O', 'elf32-i386'];

/** The benchmark: one set of workloads for both widths; those of the system exist in 64-bit mode only. */
const BENCH_SOURCES = ['main.c', 'compute.c', 'block.c', 'vector.c'].map((f) => `bench/${f}`);
const BENCH_SYSTEM = ['system.c', 'traps.S', 'paging.c', 'self-modifying.c'].map((f) => `bench/${f}`);
const VECTOR = ['-msse2', '-mfpmath=sse'];

const TARGETS = [
  {
    file: 'higher-half/loader.elf',
    sources: [...LOADER_SOURCES, ...COMMON],
    script: 'higher-half/loader.ld',
    compile: MODE_32,
    link: ['-m32', ...PAGES_4K],
  },
  kernel('kernel.elf', '0xffffffff80200000'),
  kernel('kernel-80210000.elf', '0xffffffff80210000'),
  kernel('kernel-80320000.elf', '0xffffffff80320000'),
  kernel('kernel-80390000.elf', '0xffffffff80390000'),
  kernel('kernel-n-80200000.elf', '0xffffffff80200000', true),
  kernel('kernel-n-80210000.elf', '0xffffffff80210000', true),
  kernel('kernel-n-80320000.elf', '0xffffffff80320000', true),
  kernel('kernel-n-80390000.elf', '0xffffffff80390000', true),
  kernel('kernel-linux.elf', '0xffffffff81000000'),
  {
    file: 'translate/translate.elf',
    sources: ['translate/entry.S', 'translate/main.c', 'translate/paging.c', ...COMMON],
    script: 'translate/translate.ld',
    compile: [...MODE_64, '-mcmodel=small'],
    link: ['-m64', ...PAGES_4K],
    convert: TO_ELF32,
  },
  {
    file: 'bench/bench.elf',
    sources: ['bench/entry.S', ...BENCH_SOURCES, ...BENCH_SYSTEM, ...COMMON],
    script: 'bench/bench.ld',
    compile: [...MODE_64, '-mcmodel=small'],
    vector: ['bench/vector.c'],
    link: ['-m64', ...PAGES_4K],
    convert: TO_ELF32,
  },
  {
    file: 'bench/bench32.elf',
    sources: ['bench/entry32.S', ...BENCH_SOURCES, ...COMMON],
    script: 'bench/bench.ld',
    compile: MODE_32,
    vector: ['bench/vector.c'],
    link: ['-m32', ...PAGES_4K],
  },
  {
    file: 'modes/modes.elf',
    sources: ['start.S', 'protected.S', 'real.S', 'virtual-8086.S', 'paging.S', 'long.S'].map(
      (f) => `modes/${f}`,
    ),
    script: 'modes/modes.ld',
    compile: MODE_64,
    link: ['-m64', ...PAGES_4K],
    convert: TO_ELF32,
  },
  {
    file: 'smp/smp.elf',
    sources: ['smp/entry.S', 'smp/main.c', ...COMMON],
    script: 'smp/smp.ld',
    compile: [...MODE_64, '-mcmodel=small'],
    link: ['-m64', ...PAGES_4K],
    convert: TO_ELF32,
  },
  {
    file: 'firmware/services.bin',
    sources: ['firmware/services.S'],
    script: 'firmware/services.ld',
    compile: ['-m32'],
    link: ['-m32'],
    convert: ['-O', 'binary', '-j', '.text'],
  },
  {
    file: 'firmware/kernel-rom.bin',
    sources: ['firmware/kernel-rom.S'],
    script: 'firmware/services.ld',
    compile: ['-m32'],
    link: ['-m32'],
    convert: ['-O', 'binary', '-j', '.text'],
  },
];

/** The emulator carries firmware of its own inside: a source file made of the binaries. */
const EMBEDDED = join(GUESTS, '../src/boot/firmware-image.ts');

function embedded(output) {
  const constant = (name, file, what) => {
    const text = readFileSync(join(output, `firmware/${file}.bin`)).toString('base64');
    const lines = text.match(/.{1,100}/g).map((line) => `  '${line}',`);
    return [
      `/** Made by \`npm run guests\` from guests/firmware/${file}.S: ${what}, in base 64. */`,
      `export const ${name} = [`,
      ...lines,
      "].join('');",
      '',
    ].join('\n');
  };
  return [
    constant('FIRMWARE_IMAGE', 'services', 'the image at F000:0000'),
    constant('KERNEL_ROM_IMAGE', 'kernel-rom', 'an expansion ROM'),
  ].join('\n');
}

function fail(message) {
  process.stderr.write(`guests: ${message}\n`);
  process.exit(1);
}

function run(tool, args) {
  try {
    execFileSync(tool, args, {
      cwd: GUESTS,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, LC_ALL: 'C' },
    });
  } catch (error) {
    fail(
      error.code === 'ENOENT'
        ? `${tool} is not installed (apt-get install gcc binutils)`
        : `${tool} failed: ${args.at(-1)}`,
    );
  }
}

/** The first line of `tool --version`: binaries are reproducible with the same compiler and linker only. */
function version(tool) {
  try {
    return execFileSync(tool, ['--version'], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    }).split('\n')[0];
  } catch {
    return fail(`${tool} is not installed (apt-get install gcc binutils)`);
  }
}

const toolchain = () => `${version('gcc')}\n${version('ld')}\n`;

function build(target, objects, output) {
  const file = join(output, target.file);
  mkdirSync(dirname(file), { recursive: true });
  const linked = target.sources.map((source) => {
    const object = join(objects, `${basename(target.file)}-${basename(source)}.o`);
    const common = target.vector?.includes(source)
      ? [...COMPILE.filter((option) => option !== GENERAL_REGISTERS), ...VECTOR]
      : COMPILE;
    run('gcc', [...common, ...target.compile, '-c', '-o', object, source]);
    return object;
  });
  run('gcc', [...LINK, ...target.link, '-Wl,-T', target.script, '-o', file, ...linked]);
  if (target.convert) {
    run('objcopy', [...target.convert, file]);
  }
}

function buildAll(output) {
  const objects = mkdtempSync(join(tmpdir(), 'longmode-guests-'));
  try {
    for (const target of TARGETS.filter((t) => t.sources.every((s) => existsSync(join(GUESTS, s))))) {
      build(target, objects, output);
    }
  } finally {
    rmSync(objects, { recursive: true, force: true });
  }
}

/** Every file below `folder`, as paths relative to it. */
const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1));

function check() {
  const used = toolchain();
  const recorded = readFileSync(join(COMMITTED, 'toolchain.txt'), 'utf8');
  if (used !== recorded) {
    fail(
      `cannot compare: bin/ was built by ${recorded.trim().replace('\n', ', ')}; here is ${used.trim().replace('\n', ', ')}`,
    );
  }
  const output = mkdtempSync(join(tmpdir(), 'longmode-guests-bin-'));
  try {
    buildAll(output);
    const built = new Set(TARGETS.map((target) => target.file));
    const different = [...built].filter((file) => {
      const committed = join(COMMITTED, file);
      return !existsSync(committed) || !readFileSync(committed).equals(readFileSync(join(output, file)));
    });
    const unknown = filesBelow(COMMITTED).filter((file) => !built.has(file) && file !== 'toolchain.txt');
    if (readFileSync(EMBEDDED, 'utf8') !== embedded(output)) different.push('src/boot/firmware-image.ts');
    if (different.length > 0)
      fail(`not what the sources give: ${different.join(', ')} (run "npm run guests")`);
    if (unknown.length > 0) fail(`in bin/ but in no target: ${unknown.join(', ')}`);
    process.stdout.write(`guests: ${built.size} binaries are what the sources give\n`);
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

const args = process.argv.slice(2);
if (args.length === 0) {
  const used = toolchain();
  buildAll(COMMITTED);
  writeFileSync(join(COMMITTED, 'toolchain.txt'), used);
  writeFileSync(EMBEDDED, embedded(COMMITTED));
  process.stdout.write(`guests: ${TARGETS.length} binaries in guests/bin\n`);
} else if (args.length === 1 && args[0] === '--check') {
  check();
} else {
  fail('usage: node guests/build.mjs [--check]');
}
