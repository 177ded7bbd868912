# What the exporter is told.
class Settings
  class Unreadable < StandardError; end

  attr_reader :days

  def self.read(file)
    new(File.readlines(file, chomp: true).to_h { |line| line.split("=", 2) })
  rescue ArgumentError
    raise Unreadable, "the settings cannot be read"
  end

  def initialize(given)
    @days = Integer(given.fetch("retention"))
  end
end
