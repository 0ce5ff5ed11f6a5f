# sidekiq_peer.rb MODE COUNT SOCKET - Sidekiq as its documentation sets it up: a process of its own with 10 threads. A job counts
# itself in Redis, which is how the end is known. One JSON line, as common.mjs says.
require 'json'
require 'sidekiq'

Redis.sadd_returns_boolean = false if Redis.respond_to?(:sadd_returns_boolean=)

SOCKET = ENV['PEER_SOCKET'] || ARGV[2]
Sidekiq.configure_client { |config| config.redis = { path: SOCKET, size: 8 } }
Sidekiq.configure_server { |config| config.redis = { path: SOCKET } }
Sidekiq.logger.level = Logger::ERROR

class Noop
  include Sidekiq::Worker

  def perform
    now = Process.clock_gettime(Process::CLOCK_REALTIME)
    Sidekiq.redis do |store|
      store.pipelined do |batch|
        batch.setnx('peer:first', now)
        batch.set('peer:last', now)
        batch.incr('peer:done')
      end
    end
  end
end

def now = Process.clock_gettime(Process::CLOCK_REALTIME)
def get(key) = Sidekiq.redis { |store| store.get(key) }
def clear = Sidekiq.redis { |store| store.del('peer:first', 'peer:last', 'peer:done') }
def done(count) = (sleep 0.005 while get('peer:done').to_i < count)

def start
  spawn({ 'PEER_SOCKET' => SOCKET }, 'sidekiq', '-r', File.expand_path(__FILE__), '-c', '10', out: File::NULL, err: File::NULL)
end

def submit(count, threads = 8)
  Array.new(threads) { |i| Thread.new { (count / threads + (i < count % threads ? 1 : 0)).times { Noop.perform_async } } }.each(&:join)
end

def measure(mode, count)
  begun = now
  case mode
  when 'single', 'submit'
    submit(count, mode == 'single' ? 1 : 8)
    return { rate: count / (now - begun) }
  when 'bulk'
    (count / 1000).times { Sidekiq::Client.push_bulk('class' => Noop, 'args' => Array.new(1000) { [] }) }
    return { rate: count / 1000 * 1000 / (now - begun) }
  when 'drain'
    (count / 1000).times { Sidekiq::Client.push_bulk('class' => Noop, 'args' => Array.new(1000) { [] }) }
    worker = start
    done(count / 1000 * 1000)
    answer = { rate: count / 1000 * 1000 / (get('peer:last').to_f - get('peer:first').to_f) }
  else
    worker = start
    Noop.perform_async
    done(1)
    clear
    begun = now
    if mode == 'both'
      submit(count)
      done(count)
      answer = { rate: count / (now - begun) }
    else
      waits = Array.new(count) do
        clear
        begun = now
        Noop.perform_async
        done(1)
        sleep 0.01
        (get('peer:first').to_f - begun) * 1e6
      end.sort
      answer = { p50_us: waits[count / 2], p99_us: waits[(count * 0.99).to_i] }
    end
  end
  Process.kill('TERM', worker)
  Process.wait(worker)
  answer
end

puts JSON.generate(measure(ARGV[0], ARGV[1].to_i)) if $PROGRAM_NAME == __FILE__
