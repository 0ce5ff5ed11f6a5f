"""fault_proxy.py - a TCP proxy that does to connections what networks do.

    proxy = FaultProxy("/run/postgresql/.s.PGSQL.5432")   # or ("127.0.0.1", 6379)
    proxy.port
    proxy.latency(0.05)       both ways
    proxy.slices(7)           so many bytes at a time
    proxy.blackhole(True)     takes everything, passes nothing, answers nobody
    proxy.reset()             RST to every connection
    proxy.swallow(3)          the next 3 answers of the server are lost with their connection: the request was
                              carried out, and whoever sent it does not know
    proxy.swallow(1, b"…")    ... of those that have this in them
    proxy.cut_after(1 << 20)  RST once so many more bytes have passed, either way; proxy.cuts counts them
    proxy.calm()              all of it off
    proxy.stop()

One thread with an event loop of its own. The methods may be called from any thread and act at once.
"""
import asyncio
import contextlib
import socket
import struct
import threading

CHUNK = 65536


class FaultProxy:
    def __init__(self, upstream):
        self.upstream = upstream
        self.delay = 0.0
        self.slice = 0
        self.hole = False
        self.to_swallow, self.to_hold = 0, b""
        self.swallowed = 0
        self.cut_left = None
        self.cuts = 0
        self.writers = set()
        self.open = asyncio.Event()
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self.thread.start()
        started.wait()

    def _run(self, started):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self.open.set()
        started.set()
        self.loop.run_forever()
        server.close()

    # --- what is done to connections ---

    def latency(self, seconds):
        self.delay = seconds

    def slices(self, size):
        self.slice = size

    def blackhole(self, on):
        self.hole = on
        self.loop.call_soon_threadsafe(self.open.clear if on else self.open.set)

    def swallow(self, count, holding=b""):
        self.to_swallow, self.to_hold = count, holding

    def cut_after(self, count):
        self.cut_left = count

    def reset(self):
        self.loop.call_soon_threadsafe(self._reset_all)

    def calm(self):
        self.delay, self.slice, self.to_swallow, self.cut_left = 0.0, 0, 0, None
        self.blackhole(False)

    def stop(self):
        self.reset()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)

    # --- connections ---

    def _reset_all(self):
        for writer in list(self.writers):
            self._cut(writer)

    @staticmethod
    def _cut(writer):
        """Close with RST: nothing that was on its way arrives."""
        sock = writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            if sock.family != socket.AF_UNIX:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with contextlib.suppress(Exception):
            writer.transport.abort()

    async def _connect(self):
        if isinstance(self.upstream, tuple):
            return await asyncio.open_connection(*self.upstream)
        return await asyncio.open_unix_connection(self.upstream)

    async def _serve(self, client_reader, client_writer):
        try:
            server_reader, server_writer = await self._connect()
        except OSError:
            self._cut(client_writer)
            return
        both = {client_writer, server_writer}
        self.writers |= both
        try:
            await asyncio.wait(
                [asyncio.ensure_future(self._pump(client_reader, server_writer, None)),
                 asyncio.ensure_future(self._pump(server_reader, client_writer, server_writer))],
                return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.writers -= both
            for writer in both:
                self._cut(writer)

    async def _pump(self, reader, writer, server_writer):
        """`server_writer`: these are the server's answers."""
        with contextlib.suppress(OSError, ConnectionError):
            while data := await reader.read(CHUNK):
                if server_writer and self.to_swallow > 0 and self.to_hold in data:
                    self.to_swallow -= 1
                    self.swallowed += 1
                    return
                if self.cut_left is not None:
                    self.cut_left -= len(data)
                    if self.cut_left < 0:
                        self.cut_left = None
                        self.cuts += 1
                        return
                if self.delay:
                    await asyncio.sleep(self.delay)
                await self.open.wait()
                step = self.slice or len(data)
                for at in range(0, len(data), step):
                    writer.write(data[at:at + step])
                    if self.slice:
                        await writer.drain()
                        await asyncio.sleep(0)
                await writer.drain()
