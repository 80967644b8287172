"""linnet-gdb.py - gdb commands for a running Linnet:  gdb build/linnet.debug -x tools/linnet-gdb.py -ex linnet-connect

linnet-connect [TARGET]    attach to QEMU (`make run GDB=1`), let the kernel move itself (KASLR), and load its symbols where it went
linnet-threads [NAME|TID]  each thread: number, name, state, processor, and its calls; those that sleep too

The kernel notes in image_slide how far it moved.  Its physical address is known, so QEMU's monitor reads it whatever the
processor does just now.  A sleeping thread's calls are found by lending the processor the registers that the switch saved."""
import gdb

LINK_OFFSET = 0xffffffff80000000  # link address - physical address (linnet.lds)
FRAME = ("r15", "r14", "r13", "r12", "rbx", "rbp", "rip")  # struct switch_frame
DEPTH = 40


def value(expression):
    return gdb.parse_and_eval(expression)


def address(symbol):
    """Also of what assembly defines, which has no type."""
    return int(value(f"(unsigned long)&{symbol}"))


def physical_u64(where):
    text = gdb.execute(f"monitor xp /1gx {where:#x}", to_string=True)
    return int(text.split(":")[1], 16)


class Connect(gdb.Command):
    """linnet-connect [TARGET]: attach to QEMU and load symbols where KASLR put the kernel (default :1234)."""

    def __init__(self):
        super().__init__("linnet-connect", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        objfile = gdb.objfiles()[0].filename
        gdb.execute(f'symbol-file "{objfile}"', to_string=True)  # at its link address
        image_phys, slide = (address(s) - LINK_OFFSET for s in ("image_phys", "image_slide"))
        moved = address("boot_early_done") - LINK_OFFSET
        gdb.execute(f"target remote {argument or ':1234'}", to_string=True)
        if not physical_u64(image_phys):
            gdb.execute(f"thbreak *{moved:#x}", to_string=True)
            gdb.execute("continue", to_string=True)
        offset = physical_u64(slide)
        gdb.execute(f'symbol-file "{objfile}" -o {offset:#x}', to_string=True)
        print(f"Linnet, moved by {offset:#x}")


def linked(head, struct, field):
    """The structures on a list."""
    kind = gdb.lookup_type(f"struct {struct}")
    distance = kind[field].bitpos // 8
    node = head["next"]
    while node != head.address:
        yield gdb.Value(int(node) - distance).cast(kind.pointer())
        node = node["next"]


def threads():
    """(tid, struct thread *) of all: tasks of processes, workers, idle threads."""
    for process in linked(value("process_list"), "process", "all_link"):
        for task in linked(process["tasks"], "task", "process_link"):
            yield int(task["tid"]["nr"]), task["thread"].address
    workers = value("queue.workers")
    for slot in range(workers.type.range()[1] + 1):
        if int(workers[slot]):
            yield 0, workers[slot]
    idle, online = value("&idle_thread"), int(value("cpu_online_mask.bits"))
    for cpu in range(online.bit_length()):
        if online >> cpu & 1:
            yield 0, gdb.Value((int(idle) + int(value(f"percpu_offset[{cpu}]"))) % 2**64).cast(idle.type)


def calls():
    """The calls of the selected gdb thread, up to where assembly entered C."""
    frame, lines = gdb.newest_frame(), []
    while frame and frame.is_valid() and len(lines) < DEPTH:
        sal = frame.find_sal()
        place = f" {sal.symtab.filename}:{sal.line}" if sal.symtab else ""
        lines.append(f"    {frame.name() or hex(frame.pc())}{place}")
        if frame.function() is None:
            break
        frame = frame.older()
    return lines


def calls_of_sleeper(thread):
    sp = int(thread["arch"]["sp"])
    words = gdb.selected_inferior().read_memory(sp, 8 * len(FRAME)).tobytes()
    saved = {r: int(value(f"(unsigned long)${r}")) for r in (*FRAME, "rsp")}
    lent = {r: int.from_bytes(words[8 * i:8 * i + 8], "little") for i, r in enumerate(FRAME)}
    lent["rsp"] = sp + len(words)
    try:
        for register, number in lent.items():
            gdb.execute(f"set ${register} = {number:#x}")
        return calls()
    finally:
        for register, number in saved.items():
            gdb.execute(f"set ${register} = {number:#x}")


def calls_of_runner(cpu):
    """QEMU numbers its processors from 1."""
    chosen = gdb.selected_thread()
    for vcpu in gdb.selected_inferior().threads():
        if vcpu.ptid[1] == cpu + 1:
            vcpu.switch()
            lines = ["    (user mode)"] if int(value("$cs")) & 3 else calls()
            chosen.switch()
            return lines
    return []


class Threads(gdb.Command):
    """linnet-threads [NAME|TID]: number, name, state, processor and calls of each thread."""

    def __init__(self):
        super().__init__("linnet-threads", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        states = {f.enumval: f.name[len("THREAD_"):].lower() for f in gdb.lookup_type("enum thread_state").fields()}
        for tid, thread in threads():
            name = thread["name"].string()
            if argument and argument not in (name, str(tid)):
                continue
            cpu, runs = int(thread["cpu"]), bool(thread["on_cpu"])
            print(f"{tid or '-':>6} {name:16} {states[int(thread['state'])]} {'on' if runs else 'of'} cpu {cpu}  {int(thread):#x}")
            print("\n".join(calls_of_runner(cpu) if runs else calls_of_sleeper(thread)))


gdb.execute("set pagination off")
Connect()
Threads()
