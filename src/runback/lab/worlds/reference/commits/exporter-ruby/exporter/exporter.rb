require_relative "settings"

$stdout.sync = true
settings = Settings.read("settings.properties")
puts "exporter: keeps exports for #{settings.days} days"
loop do
  sleep 60
  puts "exporter: nothing to export"
end
